package store

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/tracker/ledger/judge"
)

var termsTable = &table{name: "terms", columns: columnsOf("hash body"), conflict: "(hash) DO NOTHING"}

// PutTerms keeps the configurations that conversions were judged by, each once.
func (tx *Tx) PutTerms(ctx context.Context, bodies map[judge.Key][]byte) error {
	keys := make([]judge.Key, 0, len(bodies))
	for k := range bodies {
		keys = append(keys, k)
	}
	err := tx.in.upsert(ctx, termsTable, len(keys), func(i int, row []any) {
		row[0], row[1] = keys[i][:], bodies[keys[i]]
	})
	if err != nil {
		return fmt.Errorf("keep terms: %w", err)
	}
	return nil
}

// Terms reads configurations by digest; a missing one is left out.
func (tx *Tx) Terms(ctx context.Context, keys []any) (map[judge.Key][]byte, error) {
	out := make(map[judge.Key][]byte, len(keys))
	err := tx.in.lookup(ctx, "SELECT hash, body FROM terms WHERE hash IN (?*)", nil, keys, func(row scanner) error {
		var key, body []byte
		if err := row.Scan(&key, &body); err != nil {
			return err
		}
		out[judge.Key(key)] = append([]byte(nil), body...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read terms: %w", err)
	}
	return out, nil
}

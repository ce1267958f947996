package ledger

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestModelAgreesThroughDamage folds random entries of a real journal that is damaged
// again and again: cut, flipped, lost, swapped for another's, restored to an older copy,
// with or without the books, with or without entries that were answered for and not
// folded. Each time it is refused, until the right one is back or the loss is accepted,
// and the books are what the model makes of the batches that they were given. More of it:
// make soak.
func TestModelAgreesThroughDamage(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under load; -short leaves it out")
	}
	for name, books := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			seed := number("WAYPOST_SOAK_SEED", 1)
			d := &damages{Rand: rand.New(rand.NewPCG(seed, 5)), site: newSite(t, ""), books: books, entries: newGenerator(seed)}
			d.begin()
			for range number("WAYPOST_DAMAGE_ROUNDS", 8) {
				d.round()
			}
			d.open("")
			d.fold(20)
		})
	}
}

// damages is a site that is damaged, with what its books were given.
type damages struct {
	*rand.Rand
	*site
	books   func(testing.TB) string
	entries *generator
	older   []string // copies of the journal
	model   *model
	taken   map[journal.BootID]uint64
}

// begin begins new books.
func (d *damages) begin() {
	d.target, d.model, d.taken = d.books(d.t), newModel(), map[journal.BootID]uint64{}
}

// round folds, damages, and goes on with what is there or what was.
func (d *damages) round() {
	d.t.Helper()
	d.open("")
	d.fold(10 + d.IntN(60))
	d.close()
	d.older = append(d.older, copyTree(d.t, d.dir))
	if d.IntN(3) == 0 {
		d.alone(func(w *journal.Writer) { d.write(w, 1+d.IntN(10)) })
	}
	whole := copyTree(d.t, d.dir)
	what := []string{"cut", "flip", "gone", "swap", "older"}[d.IntN(5)]
	lost := d.IntN(4) == 0
	d.damage(what)
	if lost {
		d.begin()
	}
	d.t.Logf("%s, books lost: %t", what, lost)
	d.open("")
	code := d.wantRefused("")
	d.close()
	if d.IntN(3) == 0 {
		replaceTree(d.t, d.dir, whole)
		code = ""
	}
	d.open(code)
	d.fold(1 + d.IntN(10))
	d.close()
}

func (d *damages) damage(what string) {
	d.t.Helper()
	switch what {
	case "gone":
		replaceTree(d.t, d.dir, d.t.TempDir())
	case "swap":
		other := newSite(d.t, storetest.SQLite(d.t))
		other.open("")
		d.write(other.writer, 1+d.IntN(30))
		other.close()
		replaceTree(d.t, d.dir, other.dir)
	case "older":
		if last := len(d.older) - 1; last > 0 {
			replaceTree(d.t, d.dir, d.older[d.IntN(last)])
			return
		}
		fallthrough
	case "cut":
		d.spoil(func(data []byte) []byte { return data[:len(data)-1-d.IntN(len(data))] })
	case "flip":
		d.spoil(func(data []byte) []byte {
			for at := d.IntN(len(data) - 8); len(data[at:]) > 0 && d.IntN(9) > 0; at++ {
				data[at] ^= 0xff
			}
			data[len(data)-1] ^= 0xff // of the last batch's sum
			return data
		})
	}
}

// spoil changes the journal's last block that holds anything.
func (d *damages) spoil(change func([]byte) []byte) {
	d.t.Helper()
	blocks, err := filepath.Glob(filepath.Join(d.dir, "jetstream/*/streams", journal.StreamName, "msgs/*.blk"))
	if err != nil {
		d.t.Fatal(err)
	}
	for i := len(blocks) - 1; i >= 0; i-- {
		data, err := os.ReadFile(blocks[i])
		if err != nil {
			d.t.Fatal(err)
		}
		if len(data) == 0 {
			continue
		}
		_ = os.Remove(filepath.Join(filepath.Dir(blocks[i]), "index.db"))
		if err := os.WriteFile(blocks[i], change(data), 0o600); err != nil {
			d.t.Fatal(err)
		}
		return
	}
	d.t.Fatal("the journal has no block")
}

// fold writes entries, and compares the books with the model when they have them.
func (d *damages) fold(n int) {
	d.t.Helper()
	d.write(d.writer, n)
	end, err := d.conn.EndPosition(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	d.office.await(d.t.Context(), end)
	r := journal.NewReader(d.conn, 0, journal.ReaderOptions{})
	defer r.Close()
	for last := uint64(0); last < end; {
		batches, err := r.Read(d.t.Context(), maxBatches)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, b := range batches {
			if last = b.Position; b.Sequence > d.taken[b.BootID] {
				d.taken[b.BootID] = b.Sequence
				d.model.take(b)
			}
		}
	}
	compare(d.t, d.office.store, d.model)
}

// write appends batches of an entry each.
func (d *damages) write(w *journal.Writer, n int) {
	d.t.Helper()
	for range n {
		x := d.entries.entry()
		if err := w.Append(d.t.Context(), x); err != nil {
			d.t.Fatal(err)
		}
	}
}

package books

import (
	"encoding/json"
	"fmt"
)

// Subs are the sub ids of a click, each a field of its own in answers.
type Subs struct {
	Sub1  string `json:"sub1"`
	Sub2  string `json:"sub2"`
	Sub3  string `json:"sub3"`
	Sub4  string `json:"sub4"`
	Sub5  string `json:"sub5"`
	Sub6  string `json:"sub6"`
	Sub7  string `json:"sub7"`
	Sub8  string `json:"sub8"`
	Sub9  string `json:"sub9"`
	Sub10 string `json:"sub10"`
}

// readSubs reads the column subs: a JSON array of up to ten texts.
func readSubs(text string, s *Subs) error {
	if text == "[]" {
		return nil
	}
	var list []string
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return fmt.Errorf("read sub ids: %w", err)
	}
	fields := [...]*string{&s.Sub1, &s.Sub2, &s.Sub3, &s.Sub4, &s.Sub5, &s.Sub6, &s.Sub7, &s.Sub8, &s.Sub9, &s.Sub10}
	for i := range min(len(list), len(fields)) {
		*fields[i] = list[i]
	}
	return nil
}

// readJSON reads a column that holds JSON.
func readJSON[T any](text string, to *T) error {
	if err := json.Unmarshal([]byte(text), to); err != nil {
		return fmt.Errorf("read a column of JSON: %w", err)
	}
	return nil
}

// subColumn is the n-th (1 to 10) sub id in SQL, "" where there is none.
func (b *Books) subColumn(column string, n int) string {
	if b.store.Postgres() {
		return fmt.Sprintf("coalesce(%s::json->>%d, '')", column, n-1)
	}
	return fmt.Sprintf("coalesce(json_extract(%s, '$[%d]'), '')", column, n-1)
}

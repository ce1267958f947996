package books

import "strings"

// where collects the conditions of a query, all of which must hold.
type where struct {
	parts []string
	args  []any
}

// add adds a condition written with ?.
func (w *where) add(condition string, args ...any) {
	w.parts = append(w.parts, condition)
	w.args = append(w.args, args...)
}

// equal compares a column with a value; "" is no condition.
func (w *where) equal(column, value string) {
	if value != "" {
		w.add(column+" = ?", value)
	}
}

// fold is equal ignoring case: goal values and slugs match so everywhere.
func (w *where) fold(column, value string) {
	if value != "" {
		w.add("lower("+column+") = ?", strings.ToLower(value))
	}
}

// in compares a column with several values; none is no condition.
func (w *where) in(column string, values []any) {
	if len(values) > 0 {
		w.add(column+" IN ("+strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")+")", values...)
	}
}

// texts is a list of strings as in takes it.
func texts[S ~string](list []S) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// anys is a list of values that know how tables write them, as in takes it.
func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

// empty reports whether everything matches.
func (w *where) empty() bool { return len(w.parts) == 0 }

// String is the clause with its keyword, or "".
func (w *where) String() string {
	if w.empty() {
		return ""
	}
	return " WHERE " + strings.Join(w.parts, " AND ")
}

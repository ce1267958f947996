package store

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// fields returns where the exported fields of a row are, those of embedded structs among them.
func fields(v reflect.Value, path string) map[string]reflect.Value {
	out := make(map[string]reflect.Value)
	for i := range v.NumField() {
		f, of := v.Type().Field(i), v.Field(i)
		switch {
		case f.Anonymous && f.Type.Kind() == reflect.Pointer:
			of.Set(reflect.New(f.Type.Elem()))
			of = of.Elem()
			fallthrough
		case f.Anonymous:
			for name, x := range fields(of, path+f.Name+".") {
				out[name] = x
			}
		case f.IsExported():
			out[path+f.Name] = of
		}
	}
	return out
}

// set gives a field a value of its own, which is not its zero.
func set(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(name)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(len(name)) + 1)
	case reflect.Uint64, reflect.Uint8:
		v.SetUint(uint64(len(name)) + 1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		set(t, name, v.Elem())
	case reflect.Array:
		set(t, name, v.Index(0))
		set(t, name, v.Index(v.Len()-1))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		set(t, name, v.Index(0))
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"name": name}))
	case reflect.Struct:
		for inner, x := range fields(v, "") {
			set(t, name+inner, x)
		}
	default:
		t.Fatalf("%s is a %s", name, v.Type())
	}
}

// columnsAgree checks that the columns of a table are those of its rows, but for fields
// that begin with a word of notKept, and those of the database, but for some that have a default.
func columnsAgree[R any](t *testing.T, s *Store, table *table[R], notKept string, defaults ...string) {
	t.Helper()
	var empty, full R
	here := fields(reflect.ValueOf(&empty).Elem(), "")
	values := func() string { // as text, because keys are written as part of their row
		row := make([]any, len(table.columns))
		table.all.Values(&empty, row)
		return fmt.Sprint(row...)
	}
	written := values()
	for name, of := range fields(reflect.ValueOf(&full).Elem(), "") {
		if slices.ContainsFunc(strings.Fields(notKept), func(x string) bool { return strings.HasPrefix(name, x) }) {
			continue
		}
		set(t, name, of)
		set(t, name, here[name])
		if values() == written {
			t.Errorf("%s: field %s is not written", table.name, name)
		}
		here[name].SetZero()
	}
	rows, err := s.Reader().QueryContext(t.Context(), "SELECT * FROM "+table.name+" WHERE 1 = 0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	in, err := rows.Columns()
	if err != nil || rows.Err() != nil {
		t.Fatal(err, rows.Err())
	}
	named := slices.Concat(table.columns, table.zeros, defaults)
	slices.Sort(in)
	slices.Sort(named)
	if !slices.Equal(in, named) {
		t.Errorf("%s has the columns\n%v and is written with\n%v", table.name, in, named)
	}
	comesBack(t, s, table, full)
}

type visitTable = table[Visit]

// comesBack writes a row and reads it: each column comes back as it was written.
func comesBack[R any](t *testing.T, s *Store, table *table[R], row R) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *Tx) error {
		add := func() error { return table.insert(t.Context(), tx.in, []R{row}) }
		if v, ok := any(row).(Visit); ok { // its day needs a partition
			visits := any(table).(*visitTable)
			add = func() error { return tx.Visits.add(t.Context(), visits, []Visit{v}) }
		}
		if err := add(); err != nil {
			return err
		}
		list, err := table.list(t.Context(), tx.in, "")
		if err != nil || len(list) != 1 {
			return fmt.Errorf("%d rows, %w", len(list), err)
		}
		wrote, found := make([]any, len(table.read)), make([]any, len(table.read))
		table.read.Values(&row, wrote)
		table.read.Values(&list[0], found)
		for i, c := range table.read {
			if !reflect.DeepEqual(wrote[i], found[i]) {
				t.Errorf("%s.%s is %v, was written as %v", table.name, c.Name, found[i], wrote[i])
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", table.name, err)
	}
}

// TestColumnsAgree holds tables to their rows and to the database: a field or a column
// that is added in one place alone is found here.
func TestColumnsAgree(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		s, err := Open(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		columnsAgree(t, s, cellTable, "")
		columnsAgree(t, s, kindTable, "")
		columnsAgree(t, s, goalTable, "")
		columnsAgree(t, s, zoneTable, "")
		columnsAgree(t, s, bootTable, "")
		columnsAgree(t, s, clickTable, "")
		columnsAgree(t, s, impressionTable, "Unique Visit.AimpID")
		columnsAgree(t, s, conversionTable, "Freed Conversion.Dimensions")
		columnsAgree(t, s, postbackTable, "Verdict.Known Postback.")
		columnsAgree(t, s, sessionTable, "")
		columnsAgree(t, s, repeatTable, "")
		columnsAgree(t, s, parkedTable, "")
		columnsAgree(t, s, capTable, "")
		for _, r := range rollupsOf {
			columnsAgree(t, s, r.all, "")
		}
		columnsAgree(t, s, deliveryTable, "", "attempts", "tried_at", "http_status", "error", "response", "renewed_at", "host")
	})
}

// TestTermsComeBack as they were; their row has no exported field.
func TestTermsComeBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		s, err := Open(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		comesBack(t, s, termsTable, terms{judge.Key{1, 15: 2}, []byte{0, 255}})
	})
}

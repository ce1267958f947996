package main

import "testing"

func TestServeKeepsItsFilesInData(t *testing.T) {
	for _, test := range []struct{ database, spool, wantDatabase, wantSpool string }{
		{"", "", "data/ledger.db", "data/spool"},
		{"postgres:///books", "/fast/spool", "postgres:///books", "/fast/spool"},
	} {
		f := serveFlags{data: "data"}
		f.books.database, f.public.spool = test.database, test.spool
		f.place()
		if f.books.database != test.wantDatabase || f.public.spool != test.wantSpool {
			t.Errorf("%+v: %s, %s", test, f.books.database, f.public.spool)
		}
	}
}

package store

import (
	"errors"
	"fmt"

	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// advice is what to do about errors of SQLite, which names them by a number. PostgreSQL's
// own texts are better.
var advice = map[int]string{
	sqlite3.SQLITE_FULL:     "give the disk room",
	sqlite3.SQLITE_IOERR:    "the disk is full, or it fails: give it room, or look into the kernel's log",
	sqlite3.SQLITE_READONLY: "the file or its file system is read-only, or it belongs to another user",
	sqlite3.SQLITE_CANTOPEN: "is the directory there, and may this user write in it?",
	sqlite3.SQLITE_CORRUPT:  damaged,
	sqlite3.SQLITE_NOTADB:   damaged,
}

const damaged = "the file is damaged, or no database of a ledger: restore its copy, or move it away and fold the journal again by waypost ledger rebuild"

// Advised adds to an error of the database what to do about it.
func Advised(err error) error {
	var of *modernc.Error
	if !errors.As(err, &of) {
		return err
	}
	if text := advice[of.Code()&0xff]; text != "" { // the rest are details
		return fmt.Errorf("%w: %s", err, text)
	}
	return err
}

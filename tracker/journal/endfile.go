package journal

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"

	"github.com/go-logr/logr"
)

// endFile is the file beside an embedded journal with the position and the message id of
// the last batch that a writer was told is durable. A journal that ends before it has
// lost entries, also where the books never had them.
//
// Each acknowledgement overwrites the one line and does not sync it: that takes a
// microsecond, where the batch took a sync. A killed process leaves the line, and a
// power cut an earlier one, which names less and nothing wrong. It is not in the
// directory of the journal, because it must not be lost or restored with it.
type endFile struct {
	log logr.Logger

	mu       sync.Mutex
	f        *os.File
	position uint64 // 0 where nothing is known
	id       string
	line     []byte
	failed   bool
}

// endLine has a fixed width, so that the file never grows.
const endLine = "%020d %-53s"

func openEndFile(name string, log logr.Logger) (*endFile, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the file with the journal's end (it may be moved away: then only an end that the journal has lost goes unnoticed): %w", err)
	}
	e := &endFile{f: f, log: log}
	if err := e.read(); err != nil {
		log.Error(err, "the file with the end of the journal is passed over", "file", name)
	}
	return e, nil
}

func (e *endFile) read() error {
	data, err := io.ReadAll(io.LimitReader(e.f, 1<<10))
	if err != nil || len(data) == 0 {
		return err
	}
	var position uint64
	var id string
	if _, err := fmt.Sscanf(string(data), "%d %s", &position, &id); err != nil || string(sealed(fmt.Appendf(nil, endLine, position, id))) != string(data) {
		return errors.New("it is damaged")
	}
	e.position, e.id = position, id
	return nil
}

func sealed(line []byte) []byte {
	return fmt.Appendf(line, " %08x\n", crc32.Checksum(line, castagnoli))
}

// reach moves the end forward to an acknowledged batch.
func (e *endFile) reach(position uint64, id string) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if position > e.position {
		e.write(position, id)
	}
}

// reset forgets what was acknowledged.
func (e *endFile) reset() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.write(0, "-")
}

// write names a failure once; the line that stays in the file names less.
func (e *endFile) write(position uint64, id string) {
	e.position, e.id = position, id
	e.line = sealed(fmt.Appendf(e.line[:0], endLine, position, id))
	_, err := e.f.WriteAt(e.line, 0)
	if err != nil && !e.failed {
		e.log.Error(err, "the end of the journal is not kept: if it is lost, that will not be found out", "file", e.f.Name())
	}
	e.failed = err != nil
}

// last is the last acknowledged batch; 0 where it is not known.
func (e *endFile) last() (position uint64, id string) {
	if e == nil {
		return 0, ""
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.position, e.id
}

func (e *endFile) close() error {
	if e == nil {
		return nil
	}
	return errors.Join(e.f.Sync(), e.f.Close())
}

package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/go-logr/logr"
)

// The spool is one file of batches that the journal did not take yet: a head of
// 32 bytes (magic, offset of the first record that is still needed), then records
// of [length, CRC-32C of the data, data], in order.
//
// When it is synced: each group of batches is written and synced (fdatasync)
// before the memory that held them is given back. The offset is written after each
// acknowledgement and not synced: if it is lost, batches are sent again, which
// their identity makes harmless. When all records are done the file is cut back to
// its head. A record that a crash left half written ends the file.
const (
	spoolMagic      = "waypost-spool-1\n"
	spoolHead       = 32
	spoolRecordHead = 8
)

var errSpoolFull = errors.New("the spool is full")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// spool is used by one goroutine.
type spool struct {
	f    *os.File
	log  logr.Logger
	most int64
	head int64 // offset of the first record
	tail int64 // offset behind the last record
	next int64 // offset behind the first record once first has read it, else 0
	bare bool  // the head is not written yet: there was no room for it at the start
}

// openSpool opens or makes the file and finds the records that are left in it.
func openSpool(name string, most int64, log logr.Logger) (*spool, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	f, err := lockFile(name)
	if err != nil {
		return nil, err
	}
	s := &spool{f: f, log: log, most: most}
	if err := s.recover(); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("recover %s: %w", name, err)
	}
	return s, nil
}

func (s *spool) recover() error {
	var head [spoolHead]byte
	n, err := s.f.ReadAt(head[:], 0)
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return s.begin()
	case n < spoolHead && err != nil && !errors.Is(err, io.EOF):
		return err
	case n < spoolHead && bytes.HasPrefix([]byte(spoolMagic), head[:min(n, len(spoolMagic))]):
		return s.begin() // a crash in the first moment of its life
	case head == [spoolHead]byte{} && s.ends(spoolHead):
		return s.begin() // the same: the length reached the disk, and the head did not
	case string(head[:len(spoolMagic)]) != spoolMagic:
		return errors.New("it is not a spool: name another file, or move this one away; entries of a damaged spool that the journal has not taken are then lost")
	}
	if err := s.scan(int64(binary.BigEndian.Uint64(head[len(spoolMagic):]))); err != nil {
		return err
	}
	if s.empty() {
		return s.reset()
	}
	return nil
}

// ends reports whether the file is so long.
func (s *spool) ends(size int64) bool {
	info, err := s.f.Stat()
	return err == nil && info.Size() == size
}

// begin makes a new spool. A disk without room keeps no tracker from starting: the spool
// is for a journal in trouble, and append tries again.
func (s *spool) begin() error {
	err := s.reset()
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		s.log.Error(err, "there is no room for the spool; it is made when there is: give its disk room", "spool", s.f.Name())
		s.bare = true
		return s.f.Truncate(0)
	}
	return err
}

// scan finds the end of the whole records, and sets what follows them aside.
func (s *spool) scan(head int64) error {
	info, err := s.f.Stat()
	if err != nil {
		return err
	}
	if head < spoolHead || head > info.Size() {
		head = spoolHead
	}
	s.head, s.tail = head, head
	for {
		_, next, err := s.read(s.tail)
		if errors.Is(err, io.EOF) && s.tail == info.Size() {
			return nil
		}
		if errors.Is(err, errDamaged) || errors.Is(err, io.EOF) {
			return s.setAside(info.Size())
		}
		if err != nil {
			return err
		}
		s.tail = next
	}
}

// setAside cuts the file back to its last whole record. A half-written one is the
// trace of a crash; it is kept beside the file all the same, as it could be more.
func (s *spool) setAside(size int64) error {
	name := s.f.Name() + ".damaged"
	s.log.Error(nil, "the end of the spool is damaged and was set aside", "bytes", size-s.tail, "file", name)
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("keep the damaged end: %w", err)
	}
	_, err = io.Copy(out, io.NewSectionReader(s.f, s.tail, size-s.tail))
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("keep the damaged end (give the disk room, or move the spool away: what the journal has not taken of it is then lost): %w", err)
	}
	return s.f.Truncate(s.tail)
}

var errDamaged = errors.New("damaged record")

// read returns the record at offset and the offset behind it; io.EOF at the end.
func (s *spool) read(offset int64) ([]byte, int64, error) {
	var head [spoolRecordHead]byte
	if n, err := s.f.ReadAt(head[:], offset); err != nil {
		if n > 0 && errors.Is(err, io.EOF) {
			return nil, 0, errDamaged
		}
		return nil, 0, err
	}
	length := int64(binary.BigEndian.Uint32(head[:4]))
	if length == 0 || length > MaxBatchBytes {
		return nil, 0, errDamaged
	}
	data := make([]byte, length)
	if _, err := s.f.ReadAt(data, offset+spoolRecordHead); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, 0, errDamaged
		}
		return nil, 0, err
	}
	if crc32.Checksum(data, castagnoli) != binary.BigEndian.Uint32(head[4:]) {
		return nil, 0, errDamaged
	}
	return data, offset + spoolRecordHead + length, nil
}

// append adds records and syncs them: all or none.
func (s *spool) append(records [][]byte) error {
	var buf bytes.Buffer
	for _, r := range records {
		var head [spoolRecordHead]byte
		binary.BigEndian.PutUint32(head[:4], uint32(len(r)))
		binary.BigEndian.PutUint32(head[4:], crc32.Checksum(r, castagnoli))
		buf.Write(head[:])
		buf.Write(r)
	}
	if s.tail+int64(buf.Len()) > s.most {
		return errSpoolFull
	}
	var err error
	if s.bare {
		err = s.writeHead()
	}
	if err == nil {
		_, err = s.f.WriteAt(buf.Bytes(), s.tail)
	}
	if err == nil {
		err = syscall.Fdatasync(int(s.f.Fd()))
	}
	if err != nil {
		end := s.tail
		if s.bare {
			end = 0
		}
		_ = s.f.Truncate(end)
		return fmt.Errorf("write to the spool: %w", err)
	}
	s.tail += int64(buf.Len())
	s.bare = false
	return nil
}

func (s *spool) empty() bool { return s.head == s.tail }

// size is how many bytes wait.
func (s *spool) size() int64 { return s.tail - s.head }

// first reads the first record.
func (s *spool) first() ([]byte, error) {
	data, next, err := s.read(s.head)
	if errors.Is(err, errDamaged) {
		next = s.tail // its length cannot be trusted, so nothing behind it can be found
	}
	s.next = next
	return data, err
}

// forward passes over the first record, and empties the file after the last one.
func (s *spool) forward() error {
	if s.next == 0 {
		if _, err := s.first(); err != nil {
			return err
		}
	}
	s.head, s.next = s.next, 0
	if s.empty() {
		return s.reset()
	}
	return s.writeHead()
}

func (s *spool) reset() error {
	s.head, s.tail = spoolHead, spoolHead
	if err := s.f.Truncate(spoolHead); err != nil {
		return err
	}
	return s.writeHead()
}

func (s *spool) writeHead() error {
	var head [spoolHead]byte
	copy(head[:], spoolMagic)
	binary.BigEndian.PutUint64(head[len(spoolMagic):], uint64(s.head))
	_, err := s.f.WriteAt(head[:], 0)
	return err
}

func (s *spool) close() error {
	return errors.Join(s.f.Sync(), s.f.Close())
}

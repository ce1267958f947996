package visitor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oschwald/maxminddb-golang"

	"github.com/waypost/waypost/tracker/server/memo"
)

// Countries looks addresses up in a MaxMind DB file with a country in it
// (--geoip-database; GeoLite2, DB-IP and others have that form). Safe for
// concurrent use; a nil Countries finds none.
type Countries struct {
	path string
	db   atomic.Pointer[database]
}

// database is one version of the file. Codes of records are remembered by their
// offset, because there are few records and many addresses.
type database struct {
	reader  *maxminddb.Reader
	changed time.Time
	codes   *memo.Table[uintptr, string]
}

// codes is how many records' codes are kept: a country database has 250 records,
// a city database some 100,000.
const codes = 16384

// buffers lend the library an address in bytes. It does not keep them, but escape analysis
// cannot prove that, and would have an array allocated for each call.
var buffers = sync.Pool{New: func() any { return new([net.IPv6len]byte) }}

// record is the part of a country or city record that is read.
type record struct {
	Country struct {
		Code string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	Registered struct {
		Code string `maxminddb:"iso_code"`
	} `maxminddb:"registered_country"`
}

// OpenCountries opens the file; "" is no file and gives nil.
func OpenCountries(path string) (*Countries, error) {
	if path == "" {
		return nil, nil
	}
	c := &Countries{path: path}
	return c, c.reload()
}

// Of returns the country of an address as two capitals, "" if it has none.
func (c *Countries) Of(a netip.Addr) string {
	if c == nil || !a.IsValid() {
		return ""
	}
	db := c.db.Load()
	offset, ok := db.find(a)
	if !ok {
		return ""
	}
	hash := uint64(offset) * 0x9e3779b97f4a7c15 >> 32
	if code := db.codes.Get(hash, &offset); code != nil {
		return *code
	}
	return *db.codes.Put(hash, offset, db.decode(offset))
}

// find returns where in the file the record of an address is; false if it has none.
func (db *database) find(a netip.Addr) (uintptr, bool) {
	buf := buffers.Get().(*[net.IPv6len]byte) // the pool holds nothing else
	defer buffers.Put(buf)
	*buf = a.As16() // the library takes a v4 address in the v6 form
	offset, err := db.reader.LookupOffset(buf[:])
	return offset, err == nil && offset != maxminddb.NotFound
}

// decode returns the code of a record, "" for anything else than two letters.
func (db *database) decode(offset uintptr) string {
	var r record
	if err := db.reader.Decode(offset, &r); err != nil {
		return ""
	}
	for _, code := range []string{r.Country.Code, r.Registered.Code} {
		if len(code) == 2 {
			return code
		}
	}
	return ""
}

// Watch reloads the file when its modification time changes, which it looks at on
// each tick, until ctx ends. A file that cannot be read leaves the last one in
// use; onError gets each such error and may be nil.
func (c *Countries) Watch(ctx context.Context, ticks <-chan time.Time, onError func(error)) {
	if c == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		info, err := os.Stat(c.path)
		if err == nil && !info.ModTime().Equal(c.db.Load().changed) {
			err = c.reload()
		}
		if err != nil && onError != nil {
			onError(fmt.Errorf("looking at the country database: %w", err))
		}
	}
}

// reload opens the file anew and puts it in the place of the last one, whose remembered
// codes go with it.
func (c *Countries) reload() error {
	info, err := os.Stat(c.path)
	if err != nil {
		return fmt.Errorf("opening the country database: %w", err)
	}
	// A replaced file stays mapped until no look-up uses it any more;
	// its finalizer unmaps it.
	reader, err := maxminddb.Open(c.path)
	if err != nil {
		return fmt.Errorf("opening the country database %s (it must be a MaxMind DB file): %w", c.path, err)
	}
	c.db.Store(&database{reader: reader, changed: info.ModTime(), codes: memo.New[uintptr, string](codes)})
	return nil
}

package visitor_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

// network is an entry of a test database.
type network struct {
	prefix, field, code string
}

// writeDatabase writes a MaxMind DB file (format 2.0, record size 32, v6) with
// the given networks, each with its own record.
func writeDatabase(t *testing.T, path string, networks ...network) {
	t.Helper()
	type node [2]int // -1: nothing; >= 0: node; < -1: record -(v+2)
	tree := []node{{-1, -1}}
	var data bytes.Buffer
	var offsets []int
	for i, n := range networks {
		offsets = append(offsets, data.Len())
		data.Write([]byte{0xe1})
		text(&data, n.field)
		data.Write([]byte{0xe1})
		text(&data, "iso_code")
		text(&data, n.code)
		prefix := netip.MustParsePrefix(n.prefix)
		bits, addr := prefix.Bits(), prefix.Addr().As16()
		if prefix.Addr().Is4() {
			bits += 96
			addr = netip.AddrFrom16([16]byte{}).As16()
			v4 := prefix.Addr().As4()
			copy(addr[12:], v4[:])
		}
		at := 0
		for b := range bits {
			side := int(addr[b/8]>>(7-b%8)) & 1
			if b == bits-1 {
				tree[at][side] = -(i + 2)
				break
			}
			if tree[at][side] < 0 {
				tree = append(tree, node{-1, -1})
				tree[at][side] = len(tree) - 1
			}
			at = tree[at][side]
		}
	}
	var file bytes.Buffer
	for _, n := range tree {
		for _, v := range n {
			switch {
			case v == -1:
				v = len(tree)
			case v < -1:
				v = len(tree) + 16 + offsets[-(v+2)]
			}
			file.Write([]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
		}
	}
	file.Write(make([]byte, 16))
	file.Write(data.Bytes())
	file.WriteString("\xab\xcd\xefMaxMind.com")
	metadata(&file, len(tree))
	if err := os.WriteFile(path+".new", file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func metadata(b *bytes.Buffer, nodes int) {
	b.WriteByte(0xe7)
	text(b, "node_count")
	b.Write([]byte{0xc2, byte(nodes >> 8), byte(nodes)})
	text(b, "record_size")
	b.Write([]byte{0xa1, 32})
	text(b, "ip_version")
	b.Write([]byte{0xa1, 6})
	text(b, "database_type")
	text(b, "Test-Country")
	text(b, "binary_format_major_version")
	b.Write([]byte{0xa1, 2})
	text(b, "binary_format_minor_version")
	b.Write([]byte{0xa0})
	text(b, "build_epoch")
	b.Write([]byte{0x01, 0x02, 1})
}

func text(b *bytes.Buffer, s string) {
	if len(s) < 29 {
		b.WriteByte(0x40 | byte(len(s)))
	} else {
		b.Write([]byte{0x5d, byte(len(s) - 29)})
	}
	b.WriteString(s)
}

func databasePath(t *testing.T) string { return filepath.Join(t.TempDir(), "country.mmdb") }

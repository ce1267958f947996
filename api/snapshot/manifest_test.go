package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// refs returns references to made-up shards with these indexes.
func refs(indexes ...int) []ShardRef {
	var list []ShardRef
	for _, i := range indexes {
		list = append(list, ShardRef{Index: i, Digest: digestOf([]byte{byte(i)}), Records: i + 1})
	}
	return list
}

func manifest(t testing.TB, revision int64, indexes ...int) *Manifest {
	t.Helper()
	m, err := NewManifest(revision, refs(indexes...))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestManifestRoundTrip(t *testing.T) {
	m := manifest(t, 7, 3, 0, 255)
	m.Pinned = 4
	if err := m.Sign(testKey(1)); err != nil {
		t.Fatal(err)
	}
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "manifest.json", append(data, '\n'))
	got, err := DecodeManifest(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, m) {
		t.Errorf("got %+v, want %+v", got, m)
	}
}

func TestManifestDigestIsOfContentAlone(t *testing.T) {
	one, two := manifest(t, 1, 1, 2), manifest(t, 9, 2, 1)
	if one.Digest != two.Digest {
		t.Error("revision or order of shards changed the digest")
	}
	if one.Digest == manifest(t, 1, 1).Digest {
		t.Error("another shard did not change the digest")
	}
	moved := refs(1, 2)
	moved[1].Index = 3
	other, err := NewManifest(1, moved)
	if err != nil || other.Digest == one.Digest {
		t.Errorf("another index did not change the digest (%v)", err)
	}
	if empty := manifest(t, 1); empty.Digest == "" || empty.Digest == one.Digest {
		t.Errorf("empty manifest has digest %q", empty.Digest)
	}
}

func TestFullManifestFits(t *testing.T) {
	var all []int
	for i := range Shards {
		all = append(all, i)
	}
	data, err := manifest(t, 1<<62, all...).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > MaxManifestBytes/2 {
		t.Errorf("%d bytes leave little room below %d", len(data), MaxManifestBytes)
	}
}

func TestNewManifestRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		revision int64
		refs     []ShardRef
		want     string
	}{
		"no revision":   {0, refs(1), "must be positive"},
		"index twice":   {1, refs(1, 1), "ascend"},
		"index too big": {1, refs(256), "below 256"},
		"negative":      {1, []ShardRef{{Index: -1, Digest: digestOf(nil), Records: 1}}, "ascend"},
		"no digest":     {1, []ShardRef{{Index: 1, Records: 1}}, "is not sha256"},
		"empty shard":   {1, []ShardRef{{Index: 1, Digest: digestOf(nil)}}, "empty shards are left out"},
	} {
		if _, err := NewManifest(tc.revision, tc.refs); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

func TestDecodeManifestRefuses(t *testing.T) {
	change := func(edit func(m map[string]any)) string {
		data, err := manifest(t, 7, 1, 2).Encode()
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		edit(m)
		changed, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(changed)
	}
	shard := func(m map[string]any, i int) map[string]any { return m["shards"].([]any)[i].(map[string]any) }
	for name, tc := range map[string]struct{ data, want string }{
		"nothing":           {"", "unexpected end"},
		"no JSON":           {"revision: 7", "invalid character"},
		"a list":            {"[]", "cannot unmarshal"},
		"too long":          {strings.Repeat(" ", MaxManifestBytes+1), "at most"},
		"no schema":         {change(func(m map[string]any) { delete(m, "schemaVersion") }), "must be positive"},
		"no revision":       {change(func(m map[string]any) { m["revision"] = 0 }), "must be positive"},
		"negative pin":      {change(func(m map[string]any) { m["pinned"] = -1 }), "must be positive"},
		"fraction":          {change(func(m map[string]any) { m["revision"] = 1.5 }), "cannot unmarshal"},
		"another digest":    {change(func(m map[string]any) { m["digest"] = digestOf(nil) }), "the shards have"},
		"order":             {change(func(m map[string]any) { shard(m, 0)["index"] = 9 }), "ascend"},
		"index":             {change(func(m map[string]any) { shard(m, 1)["index"] = 256 }), "below 256"},
		"another shard":     {change(func(m map[string]any) { shard(m, 0)["digest"] = digestOf(nil) }), "the shards have"},
		"short digest":      {change(func(m map[string]any) { shard(m, 0)["digest"] = "sha256:12" }), "is not sha256"},
		"upper-case digest": {change(func(m map[string]any) { shard(m, 0)["digest"] = strings.Replace(digestOf(nil), "e", "E", 1) }), "is not sha256"},
		"digest not hex":    {change(func(m map[string]any) { shard(m, 0)["digest"] = "sha256:" + strings.Repeat("x", 64) }), "invalid byte"},
		"no records":        {change(func(m map[string]any) { shard(m, 0)["records"] = 0 }), "left out"},
		"bad signature":     {change(func(m map[string]any) { m["signature"] = "?" }), "illegal base64"},
	} {
		_, err := DecodeManifest([]byte(tc.data))
		if !errors.Is(err, ErrManifestCorrupt) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want ErrManifestCorrupt with %q", name, err, tc.want)
		}
	}
}

// A newer manifest may look quite different; all that is read of it is that it is newer.
func TestDecodeManifestOfNewerSchema(t *testing.T) {
	for _, shards := range []string{`[]`, `{"0-15":"sha512:00"}`} {
		data := fmt.Sprintf(`{"schemaVersion":%d,"revision":12,"shards":%s}`, SchemaVersion+1, shards)
		_, err := DecodeManifest([]byte(data))
		if !errors.Is(err, ErrNewerSchema) || !strings.Contains(err.Error(), "revision 12 has schema version 2") {
			t.Errorf("%s: %v, want ErrNewerSchema", shards, err)
		}
	}
}

func TestShardName(t *testing.T) {
	for digest, want := range map[string]string{
		digestOf(nil): "waypost-shard-e3b0c44298fc1c149afbf4c8996fb924",
		"sha256:12":   "waypost-shard-12",
		"":            "waypost-shard-",
	} {
		if got := ShardName(digest); got != want {
			t.Errorf("%q: %q, want %q", digest, got, want)
		}
	}
}

func TestSupportedSchemasEndsWithTheWritten(t *testing.T) {
	versions := SupportedSchemas()
	if versions[len(versions)-1] != SchemaVersion {
		t.Errorf("supported %v, written %d", versions, SchemaVersion)
	}
}

package live

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// BenchmarkColdStart100k loads 100,000 offers with 3 goals and 15 overrides each,
// decompression, verification and decoding included, and prints what stays in
// memory. Bounds: 3 s on 2 cores, 300 MiB.
func BenchmarkColdStart100k(b *testing.B) { benchmarkColdStart(b, size{100_000, 3, 15}) }

// BenchmarkColdStart10k is the same at a tenth.
func BenchmarkColdStart10k(b *testing.B) { benchmarkColdStart(b, size{10_000, 3, 15}) }

func benchmarkColdStart(b *testing.B, s size) {
	m, data := encoded(b, world(s))
	compressed := 0
	for _, d := range data {
		compressed += len(d)
	}
	before, beforeResident := heap(), resident(b)
	var x *Index
	began, n := cpu(), 0
	for b.Loop() {
		var err error
		if x, err = Empty().load(endless, m, data.fetch, time.Now); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64((cpu()-began).Milliseconds())/float64(n), "cpu-ms/op")
	b.ReportMetric(float64(heap()-before)/(1<<20), "heap-MiB")
	b.ReportMetric(float64(compressed)/(1<<20), "compressed-MiB")
	debug.FreeOSMemory() // as the holder does after a cold start
	b.ReportMetric(float64(resident(b)-beforeResident)/(1<<20), "resident-MiB")
	runtime.KeepAlive(x)
}

func encoded(tb testing.TB, records []*snapshot.Record) (*snapshot.Manifest, shardData) {
	tb.Helper()
	refs, data, err := new(shardCache).encode(records)
	if err != nil {
		tb.Fatal(err)
	}
	m, err := snapshot.NewManifest(1, refs)
	if err != nil {
		tb.Fatal(err)
	}
	return m, data
}

func heap() uint64 {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// resident returns the process's resident bytes.
func resident(tb testing.TB) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				tb.Fatal(err)
			}
			return kib << 10
		}
	}
	return 0
}

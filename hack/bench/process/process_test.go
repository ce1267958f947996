package process

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	got, err := parseStat("42 (a (b) c) S 1 42 42 0 -1 4194304 100 0 0 0 150 25 0 0 20 0 5 0 1000 0 0")
	if err != nil || got != 1750*time.Millisecond {
		t.Errorf("%v, %v", got, err)
	}
	for _, line := range []string{"", "42", "42 (a) S 1", "42 (a) S 1 42 42 0 -1 4194304 100 0 0 0 x 25 0"} {
		if _, err := parseStat(line); err == nil {
			t.Errorf("%q: no error", line)
		}
	}
}

func TestProcess(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	p, err := Start(Options{Cores: "0", Log: log, Env: []string{"BENCH=here"}}, "sh", "-c", `echo $BENCH; while :; do :; done`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := p.Until(ctx, func(context.Context) bool {
		used, err := p.CPU()
		return err == nil && used >= 2*tick
	}); err != nil {
		t.Fatal(err)
	}
	if now, most, err := p.Memory(); err != nil || now <= 0 || most < now {
		t.Errorf("memory %v, most %v, %v", now, most, err)
	}
	if status, err := os.ReadFile(log); err != nil || string(status) != "here\n" {
		t.Errorf("log %q, %v", status, err)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}

func TestProcessThatEnds(t *testing.T) {
	p, err := Start(Options{Log: filepath.Join(t.TempDir(), "log")}, "sh", "-c", "echo no room; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	err = p.Until(t.Context(), func(context.Context) bool { return false })
	if err == nil || !strings.Contains(err.Error(), "no room") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("error %v", err)
	}
	if err := p.Stop(); err == nil {
		t.Error("a process that failed was stopped without an error")
	}
}

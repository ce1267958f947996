package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/offline"
	"github.com/waypost/waypost/tracker/background"
	"github.com/waypost/waypost/tracker/live"
)

// manifests compiles a directory for the tracker and prints findings on the console. It
// belongs to the goroutine of the directory source.
type manifests struct {
	directory *offline.Directory
	keysDir   string
	// printed are the findings of the last load. Those that stay are not printed again.
	printed []offline.Finding
	console io.Writer
	log     logr.Logger
}

// newManifestSource returns the source of serve without a cluster. It compiles the
// directory whenever a file in it or the sealing keys change, because sealed links and
// digests of postback keys are part of what is compiled. The copy on disk is where the
// last good form of what cannot be compiled now comes from after a restart; without it
// such an object would vanish with the process.
func newManifestSource(ctx context.Context, f *serveFlags, keys *seal.Keyring, disk *live.Disk, log logr.Logger) (live.Source, error) {
	directory, err := offline.NewDirectory(compile.Options{PublicURL: f.publicURL, Keys: keys}, f.config)
	if err != nil {
		return nil, err
	}
	directory.Between(background.GiveWay)
	previous, err := disk.Records(ctx)
	if err == nil {
		err = directory.Compiler().LoadPrevious(previous)
	}
	if err != nil {
		log.Error(err, "the copy of the last snapshot cannot be used; beginning without it")
	}
	m := &manifests{directory: directory, keysDir: f.data, console: os.Stderr, log: log}
	return live.NewDirectory(m.load, log.WithName("manifests"), f.config, filepath.Join(f.data, seal.FileName)), nil
}

// load compiles what is there now (live.Load). Keys are read again each time; a ring
// that cannot be read leaves the last one in use.
func (m *manifests) load(ctx context.Context) (live.Loaded, error) {
	if keys, err := seal.LoadDir(m.keysDir); err != nil {
		m.log.Error(err, "reading the sealing keys; the last good ones stay in use")
	} else {
		m.directory.Compiler().SetKeys(keys)
	}
	records, findings, err := m.directory.Load(ctx, time.Now())
	if err != nil {
		return live.Loaded{}, err
	}
	m.printNew(findings)
	again, _ := m.directory.Compiler().NextChange()
	return live.Loaded{Records: records, Problem: problem(findings), Again: again}, nil
}

// problem is what status reports about the manifests, nil if they are served as they
// stand. It names one error and how many there are: a file that is not taken at all
// comes before an object without which the others are served. Each new error changes
// the text, and so makes a new line of the log.
func problem(findings []offline.Finding) error {
	var first offline.Finding
	count := 0
	for _, f := range findings {
		if f.Severity != offline.Error {
			continue
		}
		if count++; count == 1 || wholeFile(f) && !wholeFile(first) {
			first = f
		}
	}
	switch count {
	case 0:
		return nil
	case 1:
		return errors.New(first.String())
	}
	return fmt.Errorf("%s; %d errors in all, waypost validate lists them", first, count)
}

// wholeFile reports whether a finding keeps its whole file from being taken.
func wholeFile(f offline.Finding) bool {
	return f.Reason == offline.ReasonUnreadable || f.Reason == offline.ReasonRefused
}

// printNew prints findings that were not there before, and one line when none is left.
func (m *manifests) printNew(findings []offline.Finding) {
	for _, f := range findings {
		if !slices.Contains(m.printed, f) {
			fmt.Fprintln(m.console, f)
		}
	}
	if len(findings) == 0 && len(m.printed) > 0 {
		fmt.Fprintln(m.console, "all manifests are good again")
	}
	m.printed = findings
}

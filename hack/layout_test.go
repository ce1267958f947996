// Package hack checks rules that hold for the repository as a whole.
package hack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/waypost/waypost/"

// pack is what go list says of a package, test files left out.
type pack struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string // direct
	Deps       []string // all
}

// rule is one rule of the import graph.
type rule struct {
	why      string
	packages []string // below the module; "x/..." is x and everything below it
	// never are import paths (or with "/..." trees) that must not be reached at all.
	never []string
	// noIO forbids direct imports of packages that do I/O; noIOBelow also in what
	// is imported of this repository.
	noIO, noIOBelow bool
	// noClock forbids reading the time; it is passed in.
	noClock bool
}

var rules = []rule{
	{
		why:      "what both halves agree on is pure: no Kubernetes, no I/O, no clock",
		packages: []string{"api/snapshot", "api/money", "api/macro", "api/pricing"},
		never:    []string{"k8s.io/...", "sigs.k8s.io/..."},
		noIO:     true, noIOBelow: true, noClock: true,
	},
	{
		why:      "what both halves agree on knows neither of them",
		packages: []string{"api/..."},
		never:    []string{module + "controllers/...", module + "tracker/...", module + "cmd/..."},
	},
	{
		why:      "trackers use client-go alone and run without the operator's code",
		packages: []string{"tracker/..."},
		never:    []string{module + "controllers/...", module + "cmd/...", "sigs.k8s.io/controller-runtime/..."},
	},
	{
		why:      "the operator runs without the trackers' code",
		packages: []string{"controllers/..."},
		never:    []string{module + "tracker/...", module + "cmd/..."},
	},
	{
		why:      "objects in, records and verdicts out: no client, no clock",
		packages: []string{"controllers/compile", "controllers/kinds"},
		never:    []string{"k8s.io/client-go/...", "sigs.k8s.io/controller-runtime/..."},
		noClock:  true,
	},
	{
		why:      "a rebuild must judge as the first time did: no I/O, the time passed in",
		packages: []string{"tracker/ledger/judge", "tracker/ledger/fold"},
		never:    []string{"k8s.io/..."},
		noIO:     true, noClock: true,
	},
}

// inputOutput are the packages that reach outside of the process.
var inputOutput = []string{
	"os/...", "net", "net/http/...", "net/rpc/...", "net/smtp", "io/ioutil", "syscall/...", "database/sql/...", "log/...", "plugin",
	"github.com/fsnotify/...", "github.com/nats-io/...", "github.com/valyala/fasthttp/...", "github.com/jackc/...", "modernc.org/...",
}

func TestImports(t *testing.T) {
	all := list(t)
	for _, r := range rules {
		for _, pattern := range r.packages {
			found := false
			for path, p := range all {
				if matches(module+pattern, path) {
					found = true
					for _, broken := range r.breaches(all, p) {
						t.Errorf("%s %s (%s)", strings.TrimPrefix(path, module), broken, r.why)
					}
				}
			}
			if !found {
				t.Errorf("no package matches %s; does the rule still say what it should?", pattern)
			}
		}
	}
}

// breaches returns how a package breaks the rule.
func (r rule) breaches(all map[string]pack, p pack) []string {
	var found []string
	for _, dep := range p.Deps {
		if matchesAny(r.never, dep) {
			found = append(found, "reaches "+dep+chain(all, p, dep))
		}
		own, ok := all[dep]
		if r.noIOBelow && ok {
			found = append(found, r.io(own)...)
		}
	}
	if r.noIO {
		found = append(found, r.io(p)...)
	}
	if r.noClock {
		found = append(found, clockReads(p)...)
	}
	return found
}

func (r rule) io(p pack) []string {
	var found []string
	for _, path := range p.Imports {
		if matchesAny(inputOutput, path) {
			found = append(found, fmt.Sprintf("does I/O: %s imports %s", strings.TrimPrefix(p.ImportPath, module), path))
		}
	}
	return found
}

// chain names a package of this repository by which p reaches dep.
func chain(all map[string]pack, p pack, dep string) string {
	for _, via := range p.Deps {
		if own, ok := all[via]; ok && slices.Contains(own.Imports, dep) {
			return " through " + strings.TrimPrefix(via, module)
		}
	}
	return ""
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, path) })
}

// matches understands "x" and "x/...".
func matches(pattern, path string) bool {
	tree, ok := strings.CutSuffix(pattern, "/...")
	return path == tree || ok && strings.HasPrefix(path, tree+"/")
}

// clockReads finds calls of time.Now, time.Since and time.Until.
func clockReads(p pack) []string {
	var found []string
	files := token.NewFileSet()
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return []string{err.Error()}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, s.Sel.Name) {
				found = append(found, fmt.Sprintf("reads the clock at %s", files.Position(s.Pos())))
			}
			return true
		})
	}
	return found
}

// list returns the packages of the repository by import path.
func list(t *testing.T) map[string]pack {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "./...")
	c.Dir = ".."
	out, err := c.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	all := map[string]pack{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pack
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		touch(t, p)
		all[p.ImportPath] = p
	}
}

// touch looks at the package's files: go test takes a result from its cache
// unless a file changed that the test itself has looked at.
func touch(t *testing.T, p pack) {
	t.Helper()
	if _, err := os.ReadDir(p.Dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range p.GoFiles {
		if _, err := os.Stat(filepath.Join(p.Dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, tc := range []struct {
		pattern, path string
		want          bool
	}{
		{"net", "net", true}, {"net", "net/url", false}, {"net/http/...", "net/http", true}, {"net/http/...", "net/http/httptest", true},
		{"net/http/...", "net/httpx", false}, {"k8s.io/...", "k8s.io/api/core/v1", true}, {"k8s.io/...", "sigs.k8s.io/yaml", false},
	} {
		if got := matches(tc.pattern, tc.path); got != tc.want {
			t.Errorf("%s, %s: %v", tc.pattern, tc.path, got)
		}
	}
}

// The rules must notice what they forbid.
func TestRulesNoticeBreaches(t *testing.T) {
	all := map[string]pack{module + "api/seal": {ImportPath: module + "api/seal", Imports: []string{"os", "k8s.io/api"}}}
	p := pack{ImportPath: module + "api/x", Imports: []string{"net/http", "strings"}, Deps: []string{module + "api/seal", "k8s.io/api", "os", "strings"}}
	got := rule{never: []string{"k8s.io/..."}, noIO: true, noIOBelow: true}.breaches(all, p)
	want := []string{"does I/O: api/seal imports os", "reaches k8s.io/api through api/seal", "does I/O: api/x imports net/http"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	p = pack{Dir: ".", GoFiles: []string{"layout_test.go"}}
	if reads := clockReads(p); len(reads) != 0 {
		t.Errorf("this file reads the clock: %v", reads)
	}
}

package ledger

import (
	"fmt"
	"sync"

	"github.com/waypost/waypost/tracker/ledger/store"
)

// trouble is what keeps a ledger from its tables or from the journal, for its readiness. A
// single failure is none: a database that restarts makes some. Safe for concurrent use.
type trouble struct {
	mu       sync.Mutex
	failures int // in a row
	doing    string
	err      error
}

// lasting is how many failures in a row are trouble: some two seconds of them.
const lasting = 6

// failed adds a failure of doing something.
func (t *trouble) failed(doing string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures++
	t.doing, t.err = doing, err
}

// over ends the failures of doing something, all of them if it is "".
func (t *trouble) over(doing string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if doing == "" || doing == t.doing {
		t.failures = 0
	}
}

func (t *trouble) ready() (ok bool, problem string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failures < lasting {
		return true, ""
	}
	return false, fmt.Sprintf("the books stand still, %s fails: %v. Nothing is lost, and the ledger goes on by itself", t.doing, store.Advised(t.err))
}

package steady

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
)

// argument makes a program that calls Main the watch of a core.
const argument = "watch-the-pace-of-core"

// Watch looks at one core, from another process, so that the one that measures does not
// have to schedule it. It ends with that one.
type Watch struct {
	core    int
	cmd     *exec.Cmd
	ask     io.WriteCloser
	answers *bufio.Reader
}

// Start watches a core until Stop. This program has to call Main before all else, and to
// have the right to real-time scheduling: without it, what the core does for others would
// look like a slow core.
func Start(core int) (*Watch, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, argument, strconv.Itoa(core))
	cmd.Stderr = os.Stderr
	ask, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("watching core %d: %w", core, err)
	}
	w := &Watch{core: core, cmd: cmd, ask: ask, answers: bufio.NewReader(out)}
	if _, err := w.Pace(); err != nil {
		return nil, errors.Join(err, w.Stop())
	}
	return w, nil
}

// Pace is that of the core since the last call.
func (w *Watch) Pace() (p Pace, err error) {
	if _, err := io.WriteString(w.ask, "\n"); err != nil {
		return p, fmt.Errorf("asking the watch of core %d: %w", w.core, err)
	}
	line, err := w.answers.ReadString('\n')
	if err != nil {
		return p, fmt.Errorf("the watch of core %d gives no answer (it needs the right to real-time scheduling, CAP_SYS_NICE): %w", w.core, err)
	}
	if _, err := fmt.Sscan(line, (*int64)(&p.Typical), (*int64)(&p.Mean)); err != nil {
		return p, fmt.Errorf("the watch of core %d says %q: %w", w.core, line, err)
	}
	return p, nil
}

// Stop ends the watch.
func (w *Watch) Stop() error {
	return errors.Join(w.ask.Close(), w.cmd.Wait())
}

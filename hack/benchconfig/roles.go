package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers"
	"github.com/waypost/waypost/tracker/live"
)

// roleVariable makes this program the operator or a tracker.
const roleVariable = "WAYPOST_BENCH_ROLE"

// part is a role's task, as JSON in its argument.
type part struct {
	Dir      string
	Place    place
	Address  string   // of a tracker's admin port
	Trackers []string // URLs, for the operator
	LookUp   string   // an offer that a tracker looks up all the time
}

// play runs a role until it is interrupted. The operator is package controllers as
// "waypost operator" runs it, without leader election, because there is no second one. A
// tracker is the real source and index without a public port: the way of an edit ends at
// the swap of the index.
func play(role string) error {
	var p part
	if err := json.Unmarshal([]byte(os.Args[1]), &p); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctrl.SetLogger(logr.Discard())
	finish, err := profile(role)
	if err != nil {
		return err
	}
	defer finish()
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(p.Dir, kubeconfigFile))
	if err != nil {
		return err
	}
	config.QPS = -1
	if role == "tracker" {
		source, err := live.NewKubernetes(config, live.KubernetesOptions{
			Namespace: p.Place.Snapshots, Trust: live.TrustFile(filepath.Join(p.Dir, trustFile)), Log: logr.Discard(),
		})
		if err != nil {
			return err
		}
		return track(ctx, p, source)
	}
	keys, err := seal.LoadDir(p.Dir)
	if err != nil {
		return err
	}
	signing, err := controllers.LoadSigningKey(filepath.Join(p.Dir, signingFile))
	if err != nil {
		return err
	}
	return controllers.Run(ctx, config, controllers.Options{
		Namespace: p.Place.System, SnapshotsNamespace: p.Place.Snapshots, WatchNamespaces: []string{p.Place.Network},
		TrackerURLs: p.Trackers, Keys: keys, SigningKey: signing, DisableLeaderElection: true,
		MetricsAddress: p.Address, HealthAddress: "0", Log: logr.Discard(),
	})
}

// profileVariable names a directory for profiles of the roles, for go tool pprof.
const profileVariable = "WAYPOST_BENCH_PROFILE"

// profile writes what the role spends its time on until finish, and then what
// its memory holds, if a directory for that is named.
func profile(role string) (finish func(), err error) {
	dir := os.Getenv(profileVariable)
	if dir == "" {
		return func() {}, nil
	}
	name := filepath.Join(dir, fmt.Sprintf("%s-%d", role, os.Getpid()))
	cpu, err := os.Create(name + ".cpu")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		_ = cpu.Close()
		if heap, err := os.Create(name + ".heap"); err == nil {
			_ = pprof.WriteHeapProfile(heap)
			_ = heap.Close()
		}
	}, nil
}

// track serves a tracker's admin port, and looks an offer up all the time, as
// clicks would.
func track(ctx context.Context, p part, source live.Source) error {
	holder := live.NewHolder(live.Options{Log: logr.Discard()})
	var failed atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc(snapshot.StatusPath, func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(holder.Status()) })
	mux.HandleFunc("/failed", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, failed.Load()) })
	server := &http.Server{Addr: p.Address, Handler: mux, ReadHeaderTimeout: time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if p.LookUp != "" {
		go lookUp(ctx, holder, p, &failed)
	}
	go func() { _ = holder.Run(ctx, source) }()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// lookUp does what a click looks up, a hundred times a second from the first
// snapshot on, and counts what is not there.
func lookUp(ctx context.Context, holder *live.Holder, p part, failed *atomic.Int64) {
	for ctx.Err() == nil {
		pause(ctx, 10*time.Millisecond)
		index := holder.Current()
		if index.Revision == 0 {
			continue
		}
		network := index.NetworkByHost(p.Place.Network + ".example")
		if network == nil || network.Offer(p.LookUp) == nil || network.Offer(p.LookUp).Destination() == nil {
			failed.Add(1)
		}
	}
}

// process is a role that runs.
type process struct{ cmd *exec.Cmd }

// start runs this program in a role. It shares standard error, where a role prints why
// it has failed.
func start(role string, p part) (*process, error) {
	argument, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(os.Args[0], string(argument))
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "GOGC="+gogc(role))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the %s: %w", role, err)
	}
	return &process{cmd}, nil
}

// gogc returns the GOGC of a role. 400 is what tracker/tuning, which is not applied here,
// begins a tracker with. 50 is below Go's default of 100, which "waypost operator" has;
// bounds.json has the operator's memory with both.
func gogc(role string) string {
	if role == "tracker" {
		return "400"
	}
	return "50"
}

// stop asks the role to end and waits. How it ends is of no matter: figures are taken.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// memory returns the most memory that the process has had, in MiB: the high-water mark
// of its resident set, VmHWM in proc(5).
func (p *process) memory() (float64, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return kilobytes / 1024, err
		}
	}
	return 0, errors.New("no VmHWM in /proc: memory is measured on Linux only")
}

// processor returns the processor time that the process has taken, user and system: the
// 14th and 15th field of /proc/PID/stat, in ticks of 10 ms. What stands before is cut off
// behind the name in brackets, which may hold blanks.
func (p *process) processor() (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("/proc/*/stat is not as expected")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	const tick = time.Second / 100
	return time.Duration(user+system) * tick, err
}

package process

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/PID/stat: USER_HZ is 100 on every Linux in use.
const tick = time.Second / 100

// CPU is the processor time, user and system, that the process and its living
// children have used: nginx works in a child.
func (p *Process) CPU() (time.Duration, error) { return cpu(p.cmd.Process.Pid) }

func cpu(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	used, err := parseStat(string(data))
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	for _, word := range strings.Fields(string(children)) {
		child, err := strconv.Atoi(word)
		if err != nil {
			return 0, err
		}
		more, err := cpu(child)
		if err != nil {
			return 0, err
		}
		used += more
	}
	return used, nil
}

// parseStat adds up utime and stime, the 14th and 15th field. The second one, the
// name in brackets, may hold spaces and brackets itself.
func parseStat(line string) (time.Duration, error) {
	_, rest, ok := strings.Cut(line[strings.LastIndexByte(line, ')')+1:], " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, errors.New("a line of /proc/PID/stat is not as expected: " + line)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err
}

// Memory returns what the process has in memory now and the most it ever had, in MiB:
// VmRSS and VmHWM of proc(5). Children are not counted.
func (p *Process) Memory() (now, most float64, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	if now, err = mebibytes(string(data), "VmRSS:"); err != nil {
		return 0, 0, err
	}
	most, err = mebibytes(string(data), "VmHWM:")
	return now, most, err
}

func mebibytes(status, name string) (float64, error) {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc/PID/status", name)
}

package main

import "syscall"

// mostConnections is how many connections the public port holds open where the
// limit on open files allows it.
const mostConnections = 1 << 16

// connectionLimit returns how many connections the public port may hold open. It leaves
// an eighth of the file descriptors that this process may have to its other parts:
// journal, database, deliveries, admin port. Without that share a flood of connections
// would keep the journal from opening a file, and stop more than the port.
func connectionLimit() int {
	var limit syscall.Rlimit // Go has raised the soft limit to the hard one
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return mostConnections
	}
	return connectionsOf(limit.Cur)
}

// connectionsOf returns the share of the public port in a number of descriptors.
func connectionsOf(files uint64) int {
	return max(1, int(min(files-files/8, mostConnections)))
}

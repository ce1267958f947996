package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// epochFromEnvironment reads SOURCE_DATE_EPOCH, the convention of reproducible builds
// (reproducible-builds.org), in seconds since 1970; 0 without it.
func epochFromEnvironment() int64 {
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return 0
	}
	return seconds
}

// compile builds the program, static and without paths of this machine in it. Symbols
// and DWARF are left out (-s -w); what runtime/debug reports of modules stays.
func compile(ctx context.Context, o *options, platform v1.Platform, out string) error {
	flags := "-s -w"
	if o.stamp != "" {
		flags += " -X " + o.stamp + "=" + o.version
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", out, o.program)
	build.Dir = o.source
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+platform.OS, "GOARCH="+platform.Architecture)
	if message, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", o.program, err, message)
	}
	return nil
}

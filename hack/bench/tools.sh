#!/usr/bin/env bash
# Puts nginx and wrk on the PATH of whoever sources this: what is installed, else
# Debian's packages unpacked into bin/bench. Nothing is installed or started, and
# no rights are needed.
bench_tools() {
  command -v taskset >/dev/null || { echo "taskset is needed (Debian: apt-get install util-linux); Linux only" >&2; return 1; }
  local dir=$PWD/bin/bench package
  if ! { command -v nginx && command -v wrk; } >/dev/null && [ ! -e "$dir/complete" ]; then
    command -v apt-get dpkg-deb >/dev/null || { echo "install nginx and wrk, and try again" >&2; return 1; }
    mkdir -p "$dir"
    for package in nginx wrk libluajit2-5.1-2; do
      (cd "$dir" && apt-get download -q "$package") || {
        echo "$package cannot be downloaded; apt-get update may help, or install nginx and wrk" >&2
        return 1
      }
    done
    for package in "$dir"/*.deb; do dpkg-deb -x "$package" "$dir"; done
    touch "$dir/complete"
  fi
  [ -e "$dir/complete" ] || return 0
  PATH=$PATH:$dir/usr/sbin:$dir/usr/bin
  export PATH LD_LIBRARY_PATH=$dir/usr/lib/$(uname -m)-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
}

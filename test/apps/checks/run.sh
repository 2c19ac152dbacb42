#!/usr/bin/env bash
# Runs checks on one test network: run.sh [options of testnet up] -- check ...
# Each check prints one line per fact, "ok ..." or "not ok ..."; the exit code tells whether all held.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/helpers.sh"
. "$here/expect.sh"

options=()
while [ "$1" != -- ]; do options+=("$1"); shift; done
shift

up ${options[@]+"${options[@]}"}
trap 'postern testnet down --dir "$T"; rm -rf "$T"' EXIT
if [ -z "${PID_A:-}" ]; then echo "not ok the network is up"; exit 1; fi
for check in "$@"; do
  facts=0
  bash -n "$here/$check.sh" && . "$here/$check.sh"
  [ "$facts" -gt 0 ] || expect "$check states facts" none some
done
[ "$failures" -eq 0 ]

#!/usr/bin/env bash
# Kills each of three programs between the 250 of SMTP and the delivery, many times: every mail must
# arrive exactly once. Usage: kill-tests.sh [runs of each, default 20]
#
# POSTERN names the program; default the built one.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export POSTERN="${POSTERN:-$here/../dist/postern.js}"
. "$here/apps/checks/helpers.sh"
. "$here/apps/checks/expect.sh"
runs=${1:-20}

# Slow enough that a mail takes some two seconds, and kills meet it everywhere on its way.
up --lambda-p 400ms --mu 200ms --poll 200ms
trap 'postern testnet down --dir "$T"; rm -rf "$T"' EXIT
if [ -z "${PID_A:-}" ]; then echo "not ok the network is up"; exit 1; fi

declare -A data=([A]=$DATA_A [p2]=$P2_DATA [B]=$DATA_B)
undelivered=0

copies(){ cat "$MAILDIR_B"/new/* 2>/dev/null | grep -c "^Subject: $1\$"; }

# kill_run VICTIM N: one mail, one kill at a moment between acceptance and delivery
kill_run(){
  local subject="$1-$2" pause pid before
  pause=$(python3 -c 'import random; print("%.2f" % random.uniform(0, 2))')
  pid=$(cat "${data[$1]}/pid")
  msg alice@p1.test bob@p2.test "$subject" x | put A bob@p2.test
  sleep "$pause"
  kill -9 "$pid"; before=$(copies "$subject"); ended "$pid"
  [ "$before" -eq 0 ] && undelivered=$((undelivered + 1))
  postern testnet start --dir "$T" "$1"
  settle
  expect "$1 killed $pause s after the 250, run $2" "$(copies "$subject")" 1
}

for victim in A p2 B; do
  for run in $(seq "$runs"); do kill_run "$victim" "$run"; done
done

total=$((3 * runs))
expect "all $total mails are in the mailbox, each once" "$(pop B '' UIDL | wc -l)" "$total"
echo "$undelivered of $total kills met a mail that was still on its way"
echo "$((total - failures < 0 ? 0 : total - failures)) of $total mails arrived exactly once"
[ "$failures" -eq 0 ]

# Facts, and daemons that are restarted: what the checks share beside the helpers.
failures=0

# expect WHAT ACTUAL WANTED
expect(){
  if [ "$2" = "$3" ]; then echo "ok $1"; return; fi
  failures=$((failures + 1))
  echo "not ok $1: got '$2', wanted '$3'"
}

# starts ANSWER CODE: whether an answer begins with a code
starts(){ case $1 in "$2"*) echo yes ;; *) echo "no: $1" ;; esac; }

# eventually COMMAND...: until it succeeds, for at most a minute
eventually(){ local end=$((SECONDS + 60)); while [ $SECONDS -lt $end ]; do "$@" >/dev/null 2>&1 && return 0; sleep 0.2; done; return 1; }

is_connected(){ local c=CONF_$1; postern status -f "${!c}" --json | grep -q '"connected":true'; }

# restart X: the daemon of a user, as a person starts it
restart(){
  local c=CONF_$1
  postern daemon -f "${!c}" >>"$T/restarts" 2>&1 &
  eval "PID_$1=$!"
  disown
  eventually is_connected "$1" || echo "not ok restart of $1"
}

# ended PID: when the process is no more
ended(){ eventually sh -c "! kill -0 $1 2>/dev/null || grep -q '^State:.Z' /proc/$1/status"; }

# field FILE.FIELD of the status: status_of B inbox.count
status_of(){
  local c=CONF_$1
  postern status -f "${!c}" --json | python3 -c '
import json,sys
value=json.load(sys.stdin)
for name in sys.argv[1].split("."): value=value[name]
print(value)' "$2"
}

# body FILE: a mail without its header, with LF line ends
body(){ tr -d '\r' <"$1" | sed '1,/^$/d'; }

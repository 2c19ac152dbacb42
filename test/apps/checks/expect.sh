# Facts, and daemons that are restarted: what the checks share beside the helpers.
failures=0 facts=0

# expect WHAT ACTUAL WANTED
expect(){
  facts=$((facts + 1))
  if [ "$2" = "$3" ]; then echo "ok $1"; return; fi
  failures=$((failures + 1))
  echo "not ok $1: got '$2', wanted '$3'"
}

# starts ANSWER CODE: whether an answer begins with a code
starts(){ case $1 in "$2"*) echo yes ;; *) echo "no: $1" ;; esac; }

# until_ok SECONDS COMMAND...: until it succeeds, looking ever less often: a look is a program that runs
until_ok(){
  local end=$((SECONDS + $1)) pause; shift
  for pause in 0.2 0.2 0.4 0.6 1; do "$@" >/dev/null 2>&1 && return 0; sleep "$pause"; done
  while [ $SECONDS -lt $end ]; do "$@" >/dev/null 2>&1 && return 0; sleep 1; done
  return 1
}

# eventually COMMAND...: for at most a minute
eventually(){ until_ok 60 "$@"; }

is_connected(){ local c=CONF_$1; postern status -f "${!c}" --json | grep -q '"connected":true'; }

# restart X: the daemon of a user, as a person starts it; the program itself, for its process id
restart(){
  local c=CONF_$1
  "${POSTERN:-postern}" daemon -f "${!c}" >>"$T/restarts" 2>&1 &
  eval "PID_$1=$!"
  disown
  eventually is_connected "$1" || echo "not ok restart of $1: $(tail -n 1 "$T/restarts")"
}

# reconfigure X SED: a daemon with a changed configuration, after a kill
reconfigure(){
  local c=CONF_$1 p=PID_$1
  sed -i -E "$2" "${!c}"
  kill -9 "${!p}"; ended "${!p}"; restart "$1"
}

# tuned X [SETTING...]: a daemon with these settings of [Debug] and no others, after a kill
tuned(){
  local who=$1 c=CONF_$1; shift
  sed -i '/^\[Debug\]/,$d' "${!c}"; printf '%s\n' '[Debug]' "$@" >>"${!c}"
  reconfigure "$who" ''
}

# discovering X: its daemon may ask for keys, and has none of bob@p2.test
discovering(){
  local c=CONF_$1
  grep -q '^InsecureKeyDiscovery' "${!c}" ||
    reconfigure "$1" 's/^(User = .*)/\1\nInsecureKeyDiscovery = true/; /^"bob@p2.test"/d'
  ask "$1" 'REMOVE_RECIPIENT bob@p2.test' >/dev/null
}

# rcpt X ADDRESS: what SMTP answers to a recipient
rcpt(){
  local s=SMTP_$1 a=ADDR_$1 p=PASS_$1
  python3 - "${!s}" "${!a}" "${!p}" "$2" <<'P'
import smtplib,sys
address,user,password,recipient=sys.argv[1:]
with smtplib.SMTP(*address.rsplit(':',1),local_hostname='localhost') as s:
    s.login(user,password); s.mail(user)
    code,text=s.rcpt(recipient)
    print(code,text.decode())
P
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

# mails X: how many POP3 lists; of an empty list curl may print an empty line
mails(){ pop "$1" '' UIDL 2>/dev/null | grep -c '[0-9]'; }

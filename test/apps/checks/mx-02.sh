# MX-2, MX-16, MX-33, MX-48: packets wait for a mix that is away, also while the one before is down.
. "$here/nodes.sh"
# layer CONF: by who is connected: both providers send to the first, and hear the third
layer(){
  case "$(told "$1" connections/nodes) $(told "$1" connections/outgoingPlanned)" in
    '2 1') echo first ;; '1 1') echo second ;; '1 2') echo third ;;
  esac
}
find_layers(){
  local conf; FIRST='' SECOND=''
  for conf in "$MIX1_CONF" "$MIX2_CONF" "$MIX3_CONF"; do
    case $(layer "$conf") in first) FIRST=$conf ;; second) SECOND=$conf ;; esac
  done
  [ -n "$FIRST" ] && [ -n "$SECOND" ]
}
eventually find_layers
waiting(){ postern node mix queue -f "$FIRST" --json | field outgoing; }
some_wait(){ [ "$(waiting)" -ge 5 ]; }
postern node mix stop -f "$SECOND" >/dev/null
msg alice@p1.test bob@p2.test 'mx16 is not lost' x | put A bob@p2.test
eventually some_wait
expect 'MX-16 packets wait for a mix that is away' "$(some_wait && echo yes)" yes
# balance: what came, less what left, was dropped or is there
balance(){ postern node mix status -f "$FIRST" --json | python3 -c '
import json,sys
status=json.load(sys.stdin); counts=status["counters"]
dropped=sum(n for name,n in counts.items() if name.startswith("drop."))
print(counts["packets.received"]-counts.get("packets.sent",0)-dropped-sum(status["queues"].values()))'; }
# Nothing comes while the providers sleep.
kill -STOP "$P1_PID" "$P2_PID"
is_still(){ [ "$(told "$FIRST" queues/mix)$(told "$FIRST" queues/incoming)" = 00 ]; }
eventually is_still
expect 'MX-33 the stages sum to what came and has not left' "$(balance)" 0
kill -CONT "$P1_PID" "$P2_PID"
before=$(waiting)
expect 'MX-33 each stage is counted' \
  "$(postern node mix queue -f "$FIRST" | cut -d' ' -f1 | xargs)" 'incoming mix outgoing deliver spooled'
postern node mix stop -f "$FIRST" >/dev/null
expect 'MX-2 a mix with packets ends when it is told to' "$?" 0
postern node mix start --daemon -f "$FIRST" >/dev/null
expect 'MX-2 what waited before the stop waits after it' "$(( $(waiting) >= before ))" 1
opened=$(told "$FIRST" counters/connect.opened)
postern node mix start --daemon -f "$SECOND" >/dev/null
none_wait(){ [ "$(waiting)" -lt 5 ]; }
eventually none_wait
expect 'MX-16 all that waited leaves' "$(none_wait && echo yes)" yes
expect 'MX-48 over one connection' "$(( $(told "$FIRST" counters/connect.opened) - opened ))" 1
has_come(){ cat "$MAILDIR_B"/new/* 2>/dev/null | grep -q '^Subject: mx16 is not lost'; }
eventually has_come || eventually has_come
expect 'MX-16 the mail arrives' "$(cat "$MAILDIR_B"/new/* | grep -c '^Subject: mx16 is not lost')" 1

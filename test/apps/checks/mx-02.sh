# MX-2, MX-16, MX-33, MX-48: packets wait for a mix that is away, also while the one before is down.
. "$here/nodes.sh"
waiting(){ postern node mix queue -f "$MIX1_CONF" --json | field outgoing; }
some_wait(){ [ "$(waiting)" -ge 5 ]; }
postern node mix stop -f "$MIX2_CONF" >/dev/null
msg alice@p1.test bob@p2.test 'mx16 is not lost' x | put A bob@p2.test
eventually some_wait
# balance: what came, less what left, was dropped or is there
balance(){ postern node mix status -f "$MIX1_CONF" --json | python3 -c '
import json,sys
status=json.load(sys.stdin); counts=status["counters"]
dropped=sum(n for name,n in counts.items() if name.startswith("drop."))
print(counts["packets.received"]-counts.get("packets.sent",0)-dropped-sum(status["queues"].values()))'; }
# Nothing comes while the providers sleep.
kill -STOP "$P1_PID" "$P2_PID"
is_still(){ [ "$(told "$MIX1_CONF" queues/mix)$(told "$MIX1_CONF" queues/incoming)" = 00 ]; }
eventually is_still
expect 'MX-33 the stages sum to what came and has not left' "$(balance)" 0
kill -CONT "$P1_PID" "$P2_PID"
before=$(waiting)
expect 'MX-33 each stage is counted' \
  "$(postern node mix queue -f "$MIX1_CONF" | cut -d' ' -f1 | xargs)" 'incoming mix outgoing deliver spooled'
postern node mix stop -f "$MIX1_CONF" >/dev/null
expect 'MX-2 a mix with packets ends when it is told to' "$?" 0
postern node mix start --daemon -f "$MIX1_CONF" >/dev/null
expect 'MX-2 what waited before the stop waits after it' "$(( $(waiting) >= before ))" 1
opened=$(told "$MIX1_CONF" counters/connect.opened)
postern node mix start --daemon -f "$MIX2_CONF" >/dev/null
none_wait(){ [ "$(waiting)" -lt 5 ]; }
eventually none_wait
expect 'MX-16 all that waited leaves' "$(none_wait && echo yes)" yes
expect 'MX-48 over one connection' "$(( $(told "$MIX1_CONF" counters/connect.opened) - opened ))" 1
has_come(){ cat "$MAILDIR_B"/new/* 2>/dev/null | grep -q '^Subject: mx16 is not lost'; }
eventually has_come || eventually has_come
expect 'MX-16 the mail arrives' "$(cat "$MAILDIR_B"/new/* | grep -c '^Subject: mx16 is not lost')" 1

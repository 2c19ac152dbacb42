# An account at its provider: shown over the network, its link key changed, deleted.
remote(){ postern account show --remote -f "$CONF_A" --json; }
key_here(){ sed -n 2p "$DATA_A/alice@p1.test/link.public.pem"; }
key_there(){ remote | sed -n 's/.*"linkKey":"\([^"]*\)".*/\1/p'; }

eventually is_connected A
before=$(key_here)
expect 'PM-9 a provider shows the account with its link key' "$(key_there)" "$before"
expect 'PM-9 people are told too' "$(postern account show --remote -f "$CONF_A" | grep -c '^waiting: ')" 1
postern account rotate alice@p1.test -f "$CONF_A" >"$T/rotated"
expect 'PM-9 the link key is rotated' "$?" 0
after=$(key_here)
expect 'PM-9 to another one' "$([ "$after" != "$before" ] && echo other)" other
expect 'PM-9 which is told' "$(grep -cF "$after" "$T/rotated")" 1
expect 'PM-9 and the only one' "$(find "$DATA_A/alice@p1.test" -name 'link.*' | wc -l | tr -d ' ')" 2
kill -9 "$PID_A"; ended "$PID_A"; restart A
eventually is_connected A
expect 'PM-9 after a kill it connects with the new one' "$(key_there)" "$after"

# Killed in the middle: whoever has heard of the new key lets us in all the same.
for i in 1 2 3 4; do
  postern account rotate alice@p1.test -f "$CONF_A" >"$T/rotated" 2>&1 & rotating=$!
  sleep "0.$((i * 2 - 1))"; kill -9 "$PID_A"; ended "$PID_A"; wait "$rotating"; restart A
  eventually is_connected A
  expect "PM-9 a rotation was cut off, the account connects ($i)" "$(is_connected A && echo yes)" yes
done
postern account rotate alice@p1.test -f "$CONF_A" >/dev/null
expect 'PM-9 and the next one ends' "$?" 0
expect 'PM-9 here and there' "$(key_there)" "$(key_here)"
msg alice@p1.test bob@p2.test 'by a new key' x | put A bob@p2.test; settle
expect 'PM-9 mail flows' "$(cat "$MAILDIR_B"/new/* | grep -c '^Subject: by a new key')" 1

expect 'PM-9 a deletion wants --yes' "$(postern account delete alice@p1.test -f "$CONF_A" 2>&1; echo $?)" \
  "postern: --yes: is needed: a deleted account cannot be had again, nor what waits for it
2"
expect 'PM-9 then it is told when' \
  "$(postern account delete alice@p1.test --yes -f "$CONF_A" | grep -c 'is deleted at 20.*; what is here stays')" 1
expect 'PM-9 and so from then on' "$(remote | grep -c '"leavesAtMs":[0-9]')" 1
kill "$PID_A"; ended "$PID_A"
postern account rotate alice@p1.test -f "$CONF_A" >"$T/rotated" 2>&1
expect 'PM-9 without a daemon nobody asks' "$? $(grep -c 'no daemon answers' "$T/rotated")" '1 1'

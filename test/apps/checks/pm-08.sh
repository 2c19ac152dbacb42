# PM-8: a mailbox that is full takes no more; what is sent meanwhile arrives when it has been emptied.
. "$here/nodes.sh"
grep -q '^SpoolQuota = ' "$P2_CONF" && sed -i 's/^SpoolQuota = .*/SpoolQuota = 40/' "$P2_CONF" ||
  sed -i 's/^\[Provider\]$/[Provider]\nSpoolQuota = 40/' "$P2_CONF"
postern node provider reload -f "$P2_CONF" >/dev/null
expect 'PM-8 a quota is taken over' "$?" 0
kill "$PID_B"; ended "$PID_B"
counted(){ postern node provider status -f "$P2_CONF" --json | field "counters/$1"; }
# Of some six blocks each.
head -c 200000 /dev/urandom | base64 >"$T/long"
for each in 1 2 3 4 5 6 7 8; do
  msg alice@p1.test bob@p2.test "pm8 $each" '' | cat - "$T/long" | put A bob@p2.test
done
is_full(){ [ "$(counted drop.spool-full)" -gt 0 ]; }
eventually is_full || eventually is_full
expect 'PM-8 what is over it is dropped, and counted' "$(is_full && echo yes)" yes
expect 'PM-8 the operator was told at 80 %' "$(counted spool.nearly-full)" 1
expect 'PM-8 of the dropped nobody got an acknowledgement' "$(( $(postern queue -f "$CONF_A" --json | grep -o messageId | wc -l) > 0 ))" 1
restart B
all_came(){ [ "$(cat "$MAILDIR_B"/new/* | grep -c '^Subject: pm8 ')" -eq 8 ]; }
eventually all_came || eventually all_came || eventually all_came
expect 'PM-8 all arrive once there is room, each once' "$(cat "$MAILDIR_B"/new/* | grep '^Subject: pm8 ' | sort | uniq -c | awk '{print $1}' | xargs)" '1 1 1 1 1 1 1 1'

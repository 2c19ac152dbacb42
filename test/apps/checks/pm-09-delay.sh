# PM-9: an account may send in batches, about a day apart; its mail waits, and then leaves.
count(){ cat "$MAILDIR_B"/new/* 2>/dev/null | grep -c "^Subject: $1"; }
shows(){ postern account show -f "$CONF_A" --json | grep -c "\"delay\":\"$1\""; }
expect 'PM-9 mail leaves at once' "$(shows usual)" 1
postern account delay alice@p1.test batch -f "$CONF_A" >"$T/delay"
expect 'PM-9 or in batches' "$? $(shows batch)" '0 1'
expect 'PM-9 whose next moment is told' \
  "$(postern account show -f "$CONF_A" | grep -cE '^delay: +batch, the next at 20')" 1
for each in 1 2; do msg alice@p1.test bob@p2.test "pm9 batch $each" x | put A bob@p2.test; done
tick 12h
expect 'PM-9 mail waits for it' "$(count 'pm9 batch')" 0
expect 'PM-9 and the queue says so' \
  "$(postern queue -f "$CONF_A" --json | grep -o awaiting-batch | wc -l | tr -d ' ')" 2
postern testnet crash --dir "$T" A; postern testnet start --dir "$T" A
expect 'PM-9 also after a crash' \
  "$(shows batch) $(postern queue -f "$CONF_A" --json | grep -o awaiting-batch | wc -l | tr -d ' ')" '1 2'
tick 19h; settle
expect 'PM-9 then it leaves' "$(count 'pm9 batch')" 2
msg alice@p1.test bob@p2.test 'pm9 hurries' x | put A bob@p2.test
postern account delay alice@p1.test usual -f "$CONF_A" >/dev/null; settle
expect 'PM-9 what waits leaves when batches end' "$(count 'pm9 hurries')" 1

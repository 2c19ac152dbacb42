# PM-9: an account is made beside others, its password is changed, its provider says how much may wait.
here_there(){ postern account quota "$1" -f "$CONF_A" --json; }
eventually is_connected A
expect 'PM-9 a provider says how much waits, and how much may' \
  "$(here_there alice@p1.test | grep -cE '"waiting":[0-9]+,"limit":[1-9][0-9]+')" 1
expect 'PM-9 people are told too' \
  "$(postern account quota alice@p1.test -f "$CONF_A" | grep -cE '^[0-9]+ of [0-9]+ items \([0-9]+ %\)$')" 1

before=$PASS_A
postern account passwd alice@p1.test -f "$CONF_A" >"$T/passwd"
expect 'PM-9 a password is changed' "$?" 0
PASS_A=$(postern account show --password -f "$CONF_A" --account alice@p1.test)
expect 'PM-9 it is another, and shown once' \
  "$([ "$PASS_A" != "$before" ] && grep -cF "$PASS_A" "$T/passwd")" 1
expect 'PM-9 mail programs log in by it at once' "$(pop A '' UIDL >/dev/null 2>&1; echo $?)" 0
(PASS_A=$before; pop A '' UIDL >/dev/null 2>&1)
expect 'PM-9 and not by the old one' "$(( $? != 0 ))" 1
echo correct-horse | postern account passwd alice@p1.test --stdin -f "$CONF_A" >/dev/null
PASS_A=correct-horse
expect 'PM-9 one may bring one’s own' "$(pop A '' UIDL >/dev/null 2>&1; echo $?)" 0

cp "$CONF_A" "$T/before.toml"
postern account create nora@p2.test -f "$CONF_A" >"$T/created" 2>&1
expect 'PM-9 an account is made' "$? $(grep -c '^nora@p2.test is registered' "$T/created")" '0 1'
expect 'PM-9 beside all that the file says' \
  "$(head -c "$(wc -c <"$T/before.toml")" "$CONF_A" | cmp - "$T/before.toml" && echo same)" same
nora_connects(){ postern account list -f "$CONF_A" | grep -qx 'nora@p2.test: connected'; }
eventually nora_connects
expect 'PM-9 the running daemon connects it' "$(nora_connects && echo yes)" yes
ADDR_N=nora@p2.test SMTP_N=$SMTP_A PASS_N=$(postern account show --password -f "$CONF_A" --account nora@p2.test)
msg nora@p2.test bob@p2.test 'pm9 from nora' x | put N bob@p2.test; settle
expect 'PM-9 and it sends' "$(cat "$MAILDIR_B"/new/* | grep -c '^Subject: pm9 from nora')" 1

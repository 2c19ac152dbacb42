# MX-51, MX-53: a reply block is made, looked at, and brings one mail; it is never used twice.
eventually is_connected A; eventually is_connected B
expect 'MX-51 a reply block that was just made' \
  "$(postern surb new -f "$CONF_A" | postern surb inspect -f "$CONF_A" | grep -c '^hops: 5$\|^expires: 20[0-9T:.-]*Z$\|^used: no$')" 3
postern surb new -f "$CONF_A" --via p2.test >"$T/block"
expect 'MX-51 it names nobody' "$(grep -c 'alice\|p1.test' "$T/block")" 0
expect 'MX-51 another provider than the one that it is for' \
  "$(postern send -f "$CONF_C" --surb "$T/block" --text x 2>&1 | grep -c 'is for accounts at p2.test')" 1
expect 'MX-51 it is used' "$(postern send -f "$CONF_B" --surb "$T/block" --subject answered --text yes)" sent
answered(){ grep -rqs '^Subject: answered' "$MAILDIR_A/new"; }
eventually answered
expect 'MX-51 the answer is in its maker’s inbox' "$(grep -rls '^Subject: answered' "$MAILDIR_A/new" | wc -l | tr -d ' ')" 1
used_again(){ postern send -f "$CONF_B" --surb "$T/block" --text again 2>&1; }
expect 'MX-51 a second use is refused here' "$(used_again | grep -c 'the reply block was used')" 1
postern surb new -f "$CONF_A" --via p2.test >"$T/block"
postern send -f "$CONF_B" --surb "$T/block" --subject killed --text x >/dev/null
kill -9 "$PID_B"; ended "$PID_B"
expect 'MX-53 after a kill it is used, also without the daemon' \
  "$(postern surb inspect -f "$CONF_B" "$T/block" | grep -c '^used: yes$')" 1
restart B
expect 'MX-53 and with it' "$(used_again | grep -c 'the reply block was used')" 1

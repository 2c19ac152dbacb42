# MP-14: names, keys and mails are in no log; DEBUG alone is INFO with one warning.
cp "$CONF_A" "$T/config.kept"; cp "$CONF_B" "$T/config-b.kept"
for x in A B; do c=CONF_$x; sed -i 's|^Level = .*|Level = "INFO"|' "${!c}"; done
kill "$PID_A" "$PID_B"; ended "$PID_A"; ended "$PID_B"; restart A; restart B
canary=CANARY-$RANDOM$RANDOM
{ printf 'Message-ID: <%s@p1.test>\n' "$canary"; msg alice@p1.test bob@p2.test "$canary" "$canary"; } |
  put A bob@p2.test
msg alice@p1.test "nobody-$canary@p2.test" x x | put A "nobody-$canary@p2.test" 2>/dev/null
had=$(mails B); settle
key=$(ask A 'GET_RECIPIENT bob@p2.test' | cut -d' ' -f2)
in_logs(){ cat "$T"/*/log "$T/restarts" | grep -ciF -- "$1"; }
for secret in "$canary" alice@p1.test bob@p2.test "$key" "$PASS_A" "$PASS_B"; do
  expect 'MP-14 a secret is in no log' "$(in_logs "$secret")" 0
done
expect 'MP-14 though mail was logged at INFO' "$(grep -c ' INFO ' "$T/A/log" | grep -vc '^0$')" 1
sed -i 's|^Level = .*|Level = "DEBUG"|' "$CONF_A"
kill "$PID_A"; ended "$PID_A"; : >"$T/A/log"; restart A
expect 'MP-14 DEBUG alone warns once' "$(grep -c 'DEBUG needs UnsafeDebug' "$T/A/log")" 1
expect 'MP-14 and is INFO' "$(grep -c ' DEBU ' "$T/A/log")" 0
kill "$PID_A"; ended "$PID_A"
"${POSTERN:-postern}" daemon -f "$CONF_A" --unsafe-debug >>"$T/restarts" 2>&1 & PID_A=$!
eventually is_connected A
echo rubbish >"$DATA_A/recipients/eve@p2.test.pem"; kill -HUP "$PID_A"
eventually grep -q 'unusable recipient file=.*eve@p2.test' "$T/A/log"
expect 'MP-14 --unsafe-debug shows names' "$(grep -c 'unusable recipient file=.*eve@p2.test' "$T/A/log")" 1
rm "$DATA_A/recipients/eve@p2.test.pem"; kill "$PID_A"; wait "$PID_A"
cp "$T/config.kept" "$CONF_A"; cp "$T/config-b.kept" "$CONF_B"
kill "$PID_B"; ended "$PID_B"; restart A; restart B

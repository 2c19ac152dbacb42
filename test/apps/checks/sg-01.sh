# The filter in front of a server: here the SMTP bridge of a daemon, which wants a log-in.
L=$(python3 -c 'import socket;s=socket.socket();s.bind(("127.0.0.1",0));print(s.getsockname()[1])')
printf '%s\n%s\n' "$ADDR_A" "$PASS_A" >"$T/secret"
chmod 644 "$T/secret"
postern filter smtp --listen ":$L" --to "$SMTP_A" --credentials "$T/secret" >"$T/filter" 2>&1
expect 'SG-3: a secret that others can read is refused' $? 1
chmod 600 "$T/secret"
export XDG_RUNTIME_DIR=$T/run; mkdir -m 700 -p "$XDG_RUNTIME_DIR"
echo 999999 >"$XDG_RUNTIME_DIR/postern-filter-$L.pid"
postern filter smtp --listen ":$L" --to "$SMTP_A" --from "$ADDR_A" --credentials "$T/secret" >"$T/filter" 2>&1 &
eventually grep -q '^filtering from' "$T/filter"
expect 'SG-4: starts, whatever a dead one has left' "$(grep -c '^filtering from' "$T/filter")" 1
expect 'SG-3: no secret in ps' "$(ps -ef | grep -v grep | grep -c -- "$PASS_A")" 0
busy=$(postern filter smtp --listen ":$L" --to "$SMTP_A" 2>&1); expect 'SG-2: a busy port is exit 1' $? 1
expect 'SG-2: and is named' "$(printf '%s' "$busy" | grep -c ":$L")" 1
printf 'From: me@leaky-host\nTo: X <%s>\nX-Mailer: m\nSubject: through the filter\n\nbody\n' "$ADDR_B" |
  curl -sS --crlf "smtp://127.0.0.1:$L/leaky-host" --mail-from "$ADDR_A" --mail-rcpt "$ADDR_B" -T -
expect 'SG-3: the mail program is not asked' $? 0
settle
expect 'SG-1: it arrives clean' "$(pop B "$(mails B)" | grep -ciE 'leaky|x-mailer')" 0
expect 'SG-1: with its body' "$(pop B "$(mails B)" | tr -d '\r' | grep -cx body)" 1
postern filter stop --listen ":$L"; expect 'SG-4: stops' $? 0
expect 'SG-4: the port is closed' "$(curl -s --max-time 2 "telnet://127.0.0.1:$L" </dev/null >/dev/null; echo $?)" 7
expect 'SG-4: and the pid file is gone' "$(ls "$XDG_RUNTIME_DIR" | wc -l)" 0
postern filter stop --listen ":$L" 2>/dev/null; expect 'SG-4: nothing to stop is exit 1' $? 1
unset XDG_RUNTIME_DIR

# PM-1, PM-2, PM-3: greeting, log-in, TLS.
say(){ python3 "$here/smtp.py" "$@"; }
told=$(say "$SMTP_A" <<<QUIT)
expect 'PM-1 greeting and farewell' "$(sed 's/^221 .*/221/' <<<"$told")" "$(printf '220 localhost ESMTP\n221')"
offers=$(printf 'EHLO x\nQUIT\n' | say "$SMTP_A")
expect 'PM-1 no host name and no version' "$(grep -cF -e "$(hostname)" -e " $(status_of A version)" <<<"$told$offers")" 0
expect 'PM-2 loopback has no STARTTLS' "$(grep -c STARTTLS <<<"$offers")" 0
expect 'PM-3 PLAIN and LOGIN are offered' "$(grep -c '^250.AUTH PLAIN LOGIN$' <<<"$offers")" 1
expect 'PM-3 nothing without a log-in' \
  "$(printf 'EHLO x\nMAIL FROM:<alice@p1.test>\n' | say "$SMTP_A" | tail -1 | cut -c1-9)" '530 5.7.0'
expect 'PM-3 LOGIN can be cancelled' \
  "$(printf 'EHLO x\nAUTH LOGIN\n*\nNOOP\n' | say "$SMTP_A" | tail -2 | cut -c1-3)" "$(printf '501\n250')"
if command -v swaks >/dev/null; then
  for method in PLAIN LOGIN; do
    swaks --server "$SMTP_A" --auth $method -au "$ADDR_A" -ap "$PASS_A" -f "$ADDR_A" -t bob@p2.test --quit-after RCPT >"$T/swaks" 2>&1
    expect "PM-3 swaks logs in with $method" $? 0
  done
else
  echo 'skipped: swaks is not installed'
fi

# A listener that others reach: TLS, and log-in only behind it.
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout "$T/tls.key" -out "$T/tls.crt" 2>/dev/null
reconfigure A "s|^SMTPAddress = .*|SMTPAddress = \"0.0.0.0:0\"\nAllowRemote = true\nTLSCertFile = \"$T/tls.crt\"\nTLSKeyFile = \"$T/tls.key\"|"
port=$(status_of A smtp); port=127.0.0.1:${port##*:}
heard=$(printf 'EHLO x\nAUTH PLAIN AAAA\nMAIL FROM:<alice@p1.test>\nSTARTTLS\nEHLO x\nAUTH\nMAIL FROM:<alice@p1.test>\nQUIT\n' |
  say "$port" "$ADDR_A" "$PASS_A")
clear=$(sed '/^220 2/,$d' <<<"$heard") behind=$(sed '1,/^220 2/d' <<<"$heard")
expect 'PM-2 elsewhere STARTTLS is offered' "$(grep -c '^250.STARTTLS' <<<"$clear")" 1
expect 'PM-2 and AUTH is not' "$(grep -c '^250.AUTH' <<<"$clear")" 0
expect 'PM-2 nor taken, nor mail' "$(grep -cE '^5(38|30) 5.7.0' <<<"$clear")" 2
expect 'PM-2 behind TLS AUTH is offered' "$(grep -c '^250.AUTH PLAIN LOGIN' <<<"$behind")" 1
expect 'PM-2 and taken' "$(grep -cE '^(235 2.7.0|250 2.1.0)' <<<"$behind")" 2
sed -i -E '/^(AllowRemote|TLSCertFile|TLSKeyFile)/d' "$CONF_A"
reconfigure A "s|^SMTPAddress = .*|SMTPAddress = \"$SMTP_A\"|"

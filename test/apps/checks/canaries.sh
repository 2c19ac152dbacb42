# Canaries: what users write, are called and log in with is in no file, log, argument list or
# environment, other than where canaries.allowed says.
canary_list(){
  cat <<LIST
sender alice@p1.test
recipient bob@p2.test
subject subject-canary-1a
body body-canary-2b
file file-canary-3c.txt
attachment attachment-canary-4d
message-id id-canary-5e
name Display Canary 6f
password $PASS_A
wrong-password wrong-canary-7a
wrong-user mallory-canary-8b
authority label-canary-9c
dropped drop-canary-0d
contact cora-canary@p2.test
stranger stranger-canary@p2.test
ghost ghost-canary@p2.test
bounced bounce-canary-1e
LIST
}

# clean_start X: a daemon with an environment of its own, not with ours, which knows passwords
clean_start(){
  local c=CONF_$1
  env -i PATH="$PATH" HOME="$T" TMPDIR="$T" "${POSTERN:-postern}" daemon -f "${!c}" >>"$T/$1/output" 2>&1 &
  eval "PID_$1=$!"
  disown
  eventually is_connected "$1" || echo "not ok restart of $1"
}

for user in A B; do
  conf=CONF_$user; pid=PID_$user
  kill "${!pid}"; ended "${!pid}"
  # The most that a log without UnsafeDebug says, another label, and mail that soon bounces.
  sed -i 's/NOTICE/DEBUG/; s/testnet/label-canary-9c/' "${!conf}"
  grep -q '^\[Debug\]' "${!conf}" || printf '\n[Debug]\n' >>"${!conf}"
  sed -i 's/^\[Debug\]/[Debug]\nBounceQueueLifetime = 45/' "${!conf}"
  clean_start "$user"
done

letter(){
  printf 'From: "Display Canary 6f" <alice@p1.test>\nTo: <%s>\nSubject: %s\n' "$1" "$2"
  printf 'Message-ID: <id-canary-5e@p1.test>\nMIME-Version: 1.0\n'
  printf 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nbody-canary-2b\n--b\n'
  printf 'Content-Type: text/plain; name="file-canary-3c.txt"\n'
  printf 'Content-Disposition: attachment; filename="file-canary-3c.txt"\n\n'
  printf 'attachment-canary-4d\n--b--\n'
}
key=$(ask A 'GET_RECIPIENT bob@p2.test' | cut -d' ' -f2)
ask A "SET_RECIPIENT cora-canary@p2.test $key" >/dev/null
ask A "SET_RECIPIENT ghost-canary@p2.test $key" >/dev/null
letter bob@p2.test subject-canary-1a | put A bob@p2.test
letter ghost-canary@p2.test bounce-canary-1e | put A ghost-canary@p2.test
letter bob@p2.test drop-canary-0d >"$DROP_A/.letter"; mv "$DROP_A/.letter" "$DROP_A/letter"
letter stranger-canary@p2.test refused | put A stranger-canary@p2.test 2>/dev/null
ask A 'GET_RECIPIENT stranger-canary@p2.test' >/dev/null
for user in alice@p1.test mallory-canary-8b; do
  curl -sS -u "$user:wrong-canary-7a" "smtp://$SMTP_A/localhost" --mail-from alice@p1.test \
    --mail-rcpt bob@p2.test -T /dev/null 2>/dev/null
  curl -sS -u "$user:wrong-canary-7a" "pop3://$POP_A/" 2>/dev/null
done

# sought ALLOWED: where canaries are, other than in the places that a file allows
sought(){ canary_list | python3 "$here/canaries.py" "$T" "$1" "$(cat "$T"/*/data/pid)"; }
# leaks WHEN: one fact per canary
leaks(){
  local found
  found=$(sought "$here/canaries.allowed")
  while read -r name _; do
    expect "canaries: $name is nowhere, $1" "$(grep "^$name " <<<"$found")" ''
  done < <(canary_list)
}
leaks 'while mail is under way'
eventually sh -c "cat '$MAILDIR_B'/new/* | grep -q drop-canary-0d"
two(){ [ "$(mails B)" -ge 2 ]; }
eventually two
bounced(){ pop A 1 | grep -q bounce-canary-1e; }
eventually bounced; expect 'canaries: a mail has bounced' "$(bounced && echo yes)" yes
pop B 1 >/dev/null; pop B 2 >/dev/null
expect 'canaries: mail has arrived' "$(cat "$MAILDIR_B"/new/* | grep -c '^Subject: .*-canary-')" 2
leaks 'when it is there'
# The search sees what it looks for: without the list these are found.
visible='attachment authority body contact dropped file ghost password recipient sender subject'
expect 'canaries: the search finds what is allowed' \
  "$(sought /dev/null | cut -d' ' -f1 | sort -u | grep -xF "$(tr ' ' '\n' <<<"$visible")" | xargs)" "$visible"
kill -HUP "$PID_A" "$PID_B"
# -I: an answer of one line
curl -sS -I -u "$ADDR_A:$PASS_A" "pop3://$POP_A/" -X 'DELE 1' >/dev/null
for user in A B; do pid=PID_$user; kill "${!pid}"; ended "${!pid}"; clean_start "$user"; done
leaks 'after a restart'

# MP-20: keys found by asking, unverified; one that changes holds mail and asks.
known_to(){ local c=CONF_$1; postern contacts -f "${!c}" | grep "^$2 " | cut -d' ' -f2; }
is_known(){ [ "$(known_to "$1" "$2")" = "$3" ]; }
queued(){ local c=CONF_$1; postern queue list -f "${!c}" --json | grep -o "\"state\":\"$2\"" | wc -l; }
is_queued(){ [ "$(queued "$1" "$2")" = "$3" ]; }
has_mails(){ [ "$(status_of "$1" inbox.count)" = "$2" ]; }
new_key(){ postern key new | sed 1d | head -1; }
SOCK_P2=$P2_SOCK

expect 'MP-20 off: an unknown recipient' "$(rcpt A new@p2.test | cut -c1-9)" '550 5.1.1'
discovering C; told=$(mails C)
expect 'MP-20 on: the same is accepted' "$(rcpt C bob@p2.test | cut -c1-3)" 250
had=$(status_of B inbox.count)
msg carol@p1.test bob@p2.test found x | put C bob@p2.test
eventually has_mails B $((had + 1))
expect 'MP-20 the mail arrives' "$(status_of B inbox.count)" $((had + 1))
expect 'MP-20 the key is discovered' "$(known_to C bob@p2.test)" discovered
notices(){ local i; for i in $(seq $((told + 1)) "$(mails C)"); do pop C "$i"; done | grep -c 'the key of bob@p2.test'; }
is_noticed(){ [ "$(notices)" -ge 1 ]; }
eventually is_noticed
expect 'X-9 one notice names whose key it is' "$(notices)" 1

key=$(ask C 'GET_RECIPIENT bob@p2.test' | cut -d' ' -f2); other=$(new_key)
ask P2 "SET_USER_IDENTITY bob $other" >/dev/null
msg carol@p1.test bob@p2.test later x | put C bob@p2.test
eventually is_known C bob@p2.test changed
expect 'MP-20 another key is noticed' "$(known_to C bob@p2.test)" changed
expect 'MP-20 and holds the mail' "$(queued C held)" 1
kill -9 "$PID_C"; ended "$PID_C"; restart C
expect 'MP-20 also after a kill' "$(queued C held)" 1
expect 'MP-20 the key known stays' "$(ask C 'GET_RECIPIENT bob@p2.test')" "250 $key"
expect 'MP-20 nothing was sent' "$(status_of B inbox.count)" $((had + 1))
postern contacts verify -f "$CONF_C" bob@p2.test acorn adult >/dev/null 2>"$T/differs"; code=$?
expect 'MP-20 a wrong code changes nothing' "$code $(known_to C bob@p2.test)" '1 changed'
words=$(postern contacts show -f "$CONF_A" bob@p2.test | sed -n 's/^words: *//p')
# shellcheck disable=SC2086 # the words are arguments of their own
postern contacts verify -f "$CONF_C" bob@p2.test $words >/dev/null
eventually has_mails B $((had + 2))
expect 'MP-20 the right one lets it go' "$(status_of B inbox.count)" $((had + 2))
expect 'MP-20 and is verified' "$(known_to C bob@p2.test)" verified
ask P2 "SET_USER_IDENTITY bob $key" >/dev/null

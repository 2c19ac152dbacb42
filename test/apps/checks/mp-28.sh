# MP-28 to MP-33: recipients over the management socket.
expect 'MP-28 an unknown recipient' "$(starts "$(ask A 'GET_RECIPIENT nobody@p2.test')" 554)" yes
key=$(ask A 'GET_RECIPIENT bob@p2.test' | cut -d' ' -f2)
hex=$(printf %s "$key" | base64 -d | od -An -v -tx1 | tr -d ' \n')
expect 'MP-29 a key in hex' "$(starts "$(ask A "SET_RECIPIENT dan@p2.test $hex")" 250)" yes
expect 'MP-29 is the same key' "$(ask A 'GET_RECIPIENT dan@p2.test')" "250 $key"
expect 'MP-29 31 bytes are no key' \
  "$(starts "$(ask A "SET_RECIPIENT dan@p2.test ${hex:2}")" 501)" yes
expect 'MP-33 names fold' "$(starts "$(ask A "SET_RECIPIENT DORA@P2.TEST $hex")" 250)" yes
expect 'MP-33 to one' "$(ask A 'GET_RECIPIENT dora@p2.test')" "250 $key"
expect 'MP-33 also beyond ASCII' "$(starts "$(ask A "SET_RECIPIENT straße@BÜCHER.test $hex")" 250)" yes
expect 'MP-33 and is found' "$(ask A 'GET_RECIPIENT straße@bücher.test')" "250 $key"
expect 'MP-33 a hidden direction mark is refused' \
  "$(starts "$(ask A "SET_RECIPIENT $(printf 'bad\u202euser@p2.test') $hex")" 501)" yes
expect 'MP-31 a sorted list' "$(ask A LIST_RECIPIENTS | sed '$d' | sort -c && echo yes)" yes
expect 'MP-31 ended by a dot' "$(ask A LIST_RECIPIENTS | tail -1)" .
expect 'MP-30 remove' "$(starts "$(ask A 'REMOVE_RECIPIENT dora@p2.test')" 250)" yes
expect 'MP-30 gone' "$(starts "$(ask A 'GET_RECIPIENT dora@p2.test')" 554)" yes
ask A SHUTDOWN >/dev/null 2>&1; ended "$PID_A"; restart A
expect 'MP-29 still there after a restart' "$(ask A 'GET_RECIPIENT dan@p2.test')" "250 $key"
expect 'MP-30 still gone' "$(starts "$(ask A 'GET_RECIPIENT dora@p2.test')" 554)" yes
msg alice@p1.test dora@p2.test hi x | put A dora@p2.test 2>"$T/refusal"
expect 'MP-30 SMTP refuses' "$(grep -c 550 "$T/refusal")" 1

# Those whom the configuration names: people's word counts over it, also after restarts.
again(){ ask A SHUTDOWN >/dev/null 2>&1; ended "$PID_A"; restart A; }
expect 'MP-29 the configuration names bob' "$(grep -c '^ *"bob@p2.test" *=' "$CONF_A")" 1
own=$(postern account show -f "$CONF_A" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["identityKey"])')
expect 'MP-29 another key than the configured one' "$(starts "$(ask A "SET_RECIPIENT bob@p2.test $own")" 250)" yes
again
expect 'MP-29 survives a restart' "$(ask A 'GET_RECIPIENT bob@p2.test')" "250 $own"
expect 'MP-30 remove who is configured' "$(starts "$(ask A 'REMOVE_RECIPIENT bob@p2.test')" 250)" yes
again
expect 'MP-30 no restart brings him back' "$(starts "$(ask A 'GET_RECIPIENT bob@p2.test')" 554)" yes
ask A SHUTDOWN >/dev/null 2>&1; ended "$PID_A"
postern status -f "$CONF_A" >/dev/null
expect 'MP-30 nor does a command without the daemon' "$(find "$DATA_A" -name 'bob@p2.test*.pem' | wc -l | tr -d ' ')" 0
restart A
expect 'MP-29 set again' "$(starts "$(ask A "SET_RECIPIENT bob@p2.test $key")" 250)" yes
expect 'MP-29 and known' "$(ask A 'GET_RECIPIENT bob@p2.test')" "250 $key"

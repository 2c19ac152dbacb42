# MP-32: asking the provider's key server, and the end by SHUTDOWN.
key=$(ask A 'GET_RECIPIENT bob@p2.test' | cut -d' ' -f2)
lookup(){ postern contacts lookup --wait -f "$CONF_A" "$1" 2>&1; }
expect 'MP-32 a tag' \
  "$(ask A 'QUERY_RECIPIENT alice@p1.test bob@p2.test' | grep -cE '^250 [0-9a-f]{32}$')" 1
expect 'MP-32 somebody else’s account' \
  "$(starts "$(ask A 'QUERY_RECIPIENT bob@p2.test alice@p1.test')" 554)" yes
expect 'MP-32 no recipient' "$(starts "$(ask A 'QUERY_RECIPIENT alice@p1.test')" 501)" yes
expect 'MP-32 the answer' "$(lookup bob@p2.test | head -1)" "bob@p2.test $key"
expect 'MP-32 nobody there' "$(lookup nobody@p2.test)" \
  'postern: the key of nobody@p2.test was not found: its provider knows no such user, or has no key of theirs'
expect 'MP-32 nothing is stored' "$(starts "$(ask A 'GET_RECIPIENT nobody@p2.test')" 554)" yes
kill "$PID_A"; ended "$PID_A"
postern daemon -f "$CONF_A" >>"$T/restarts" 2>&1 & PID_A=$!
eventually is_connected A
ask A SHUTDOWN >/dev/null 2>&1; wait "$PID_A"
expect 'MP-32 SHUTDOWN ends it well' $? 0
restart A

# MP-26, MP-27: the management socket and its dialogue.
expect 'MP-26 the socket is private' "$(stat -c %a "$SOCK_A")" 600
postern daemon -f "$CONF_A" >"$T/second" 2>&1; code=$?
expect 'MP-26 a second daemon does not start' "$code" 1
expect 'MP-26 and says why' "$(grep -c 'another daemon is running' "$T/second")" 1
expect 'MP-26 the first goes on' "$(starts "$(ask A 'GET_RECIPIENT bob@p2.test')" '250 ')" yes
expect 'MP-27 an unknown command' "$(starts "$(ask A BOGUS)" 500)" yes
expect 'MP-27 missing arguments' "$(starts "$(ask A SET_RECIPIENT)" 501)" yes

# MP-26, MP-27: the management socket and its dialogue.
expect 'MP-26 the socket is private' "$(stat -c %a "$SOCK_A")" 600
postern daemon -f "$CONF_A" >"$T/second" 2>&1; code=$?
expect 'MP-26 a second daemon does not start' "$code" 1
expect 'MP-26 and says why' "$(grep -c 'is running already' "$T/second")" 1
expect 'MP-26 the first goes on' "$(starts "$(ask A 'GET_RECIPIENT bob@p2.test')" '250 ')" yes
kill -9 "$PID_A"; ended "$PID_A"
expect 'MP-26 a dead daemon leaves its socket' "$(test -S "$SOCK_A" && echo there)" there
restart A
expect 'MP-26 which the next one replaces' "$(stat -c %a "$SOCK_A")" 600
expect 'MP-26 and answers on' "$(starts "$(ask A 'GET_RECIPIENT bob@p2.test')" '250 ')" yes
expect 'MP-27 the banner' "$(python3 - "$SOCK_A" <<'P'
import socket,sys
s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.makefile().readline()[:4])
P
)" '220 '
expect 'MP-27 an unknown command' "$(starts "$(ask A BOGUS)" 500)" yes
expect 'MP-27 missing arguments' "$(starts "$(ask A SET_RECIPIENT)" 501)" yes

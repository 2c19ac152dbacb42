# MP-45: ids are fixed at delivery: two for one mail that comes twice, the same after a restart.
msg alice@p1.test bob@p2.test mp45 'the same twice' >"$T/mp45"
{ echo 'X-Katzenpost-Unreliable: true'; cat "$T/mp45"; } | put A bob@p2.test; settle
before=$(mails B)
put A bob@p2.test "$T/mp45"; put A bob@p2.test "$T/mp45"; settle
expect 'MP-45 both of two identical mails are there' "$(mails B)" "$((before + 2))"
pop B '' UIDL | tr -d '\r' >"$T/ids"
expect 'MP-45 no two ids are alike' "$(cut -d' ' -f2 "$T/ids" | sort -u | wc -l | tr -d ' ')" "$((before + 2))"

kill -9 "$PID_B"; ended "$PID_B"; restart B
POP_B=$(postern account show -f "$CONF_B" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["pop3"])')
expect 'MP-45 ids after a restart' "$(pop B '' UIDL | tr -d '\r' | diff "$T/ids" - && echo same)" same

# DELE, and the connection is gone without QUIT.
python3 - "$POP_B" "$ADDR_B" "$PASS_B" <<'P'
import poplib, socket, sys
address, user, password = sys.argv[1:]
host, port = address.rsplit(':', 1)
p = poplib.POP3(host, int(port), timeout=10)
p.user(user); p.pass_(password); p.dele(1)
p.sock.shutdown(socket.SHUT_RDWR); p.close()
P
in_use(){ pop B '' UIDL 2>&1 | grep -q '[0-9] [0-9a-f]'; }
eventually in_use
expect 'MP-45 what was marked is there without QUIT' "$(pop B '' UIDL | tr -d '\r' | diff "$T/ids" - && echo same)" same
curl -sS -l -u "$ADDR_B:$PASS_B" "pop3://$POP_B/1" -X DELE >/dev/null
expect 'MP-45 and gone with QUIT' "$(pop B '' UIDL | tr -d '\r' | cut -d' ' -f2 | diff <(tail -n +2 "$T/ids" | cut -d' ' -f2) - && echo gone)" gone

# PM-6, PM-7: the count and octets of a mailbox; no APOP, and nothing in the banner that invites it.
msg alice@p1.test bob@p2.test pm6 counted | put A bob@p2.test; settle
expect 'PM-6 stat() is the sum of LIST' "$(python3 -c '
import poplib,sys
host,port=sys.argv[1].rsplit(":",1)
p=poplib.POP3(host,int(port)); p.user(sys.argv[2]); p.pass_(sys.argv[3])
print(p.stat()==(len(p.list()[1]),sum(int(l.split()[1]) for l in p.list()[1])))
p.quit()' "$POP_B" "$ADDR_B" "$PASS_B")" True

python3 - "$POP_B" <<'P' >"$T/pm7"
import socket,sys
host,port=sys.argv[1].rsplit(':',1)
f=socket.create_connection((host,int(port)),5).makefile('rwb')
print(f.readline().decode().strip())
f.write(b'APOP bob@p2.test c4c9334bac560ecc979e58001b3e22fb\r\nQUIT\r\n'); f.flush()
print(f.readline().decode().strip())
P
expect 'PM-7 the banner has no timestamp' "$(sed -n 1p "$T/pm7" | grep -cE '<.*@.*>|[0-9]{4}')" 0
expect 'PM-7 APOP is refused' "$(starts "$(sed -n 2p "$T/pm7")" -ERR)" yes

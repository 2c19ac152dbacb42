# MP-44: every verb of POP3 with poplib; a wrong password; a second session beside the first.
for subject in mp44-one mp44-two; do msg alice@p1.test bob@p2.test "$subject" ".$subject" | put A bob@p2.test; done
settle

cat >"$T/mp44.py" <<'P'
import base64, poplib, sys
address, user, password = sys.argv[1:]
host, port = address.rsplit(':', 1)
connect = lambda: poplib.POP3(host, int(port), timeout=10)
def refusal(session, word):
    try:
        session.user(user); session.pass_(word)
    except poplib.error_proto as error:
        return error.args[0].decode()
    return 'let in'
def fact(what, value): print(f'{what}={value}')

p = connect()
before = p.capa()
p.utf8(); p.user(user); p.pass_(password)
after = p.capa()
fact('same capabilities', before == after)
wanted = ['USER', 'SASL', 'TOP', 'UIDL', 'RESP-CODES', 'PIPELINING', 'EXPIRE', 'LOGIN-DELAY', 'UTF8', 'IMPLEMENTATION']
fact('missing', [name for name in wanted if name not in after])
fact('expire', after['EXPIRE'])
fact('implementation', after['IMPLEMENTATION'])
count, octets = p.stat()
fact('sum of LIST', sum(int(line.split()[1]) for line in p.list()[1]) == octets)
numbers = range(1, count + 1)
fact('one of LIST', all(p.list(n).split()[1:] == p.list()[1][n - 1].split() for n in numbers))
uidl = p.uidl()[1]
fact('UIDL n', all(p.uidl(n) == b'+OK ' + uidl[n - 1] for n in numbers))
lines = p.retr(count)[1]
# Its body is its subject behind a dot; a mix network keeps no order.
fact('RETR', [b'Subject: ' + lines[-1][1:] in lines, lines[-1][:6]])
fact('octets', sum(len(line) + 2 for line in lines) == int(p.list(count).split()[2]))
fact('TOP', p.top(count, 0)[1][-1])
p.noop(); p.dele(1); p.rset(); p.dele(count)
fact('DELE', p.stat()[0] == count - 1)
second = connect()
fact('second session', refusal(second, password)); second.close()
wrong = connect()
fact('wrong password', refusal(wrong, 'wrong')); wrong.close()
fact('first is intact', p.stat()[0] == count - 1 and len(p.retr(1)[1]) > 1)
p.rset(); p.quit()
plain = connect()
token = base64.b64encode(f'\0{user}\0{password}'.encode()).decode()
fact('AUTH PLAIN', plain._shortcmd(f'AUTH PLAIN {token}').decode()); plain.quit()
P
python3 "$T/mp44.py" "$POP_B" "$ADDR_B" "$PASS_B" >"$T/mp44"
said(){ sed -n "s/^$1=//p" "$T/mp44"; }
expect 'MP-44 CAPA says the same after the log-in' "$(said 'same capabilities')" True
expect 'MP-44 and lists everything' "$(said missing)" '[]'
expect 'MP-44 mail never expires' "$(said expire)" "['NEVER']"
expect 'MP-44 the program tells no version' "$(said implementation)" "['Postern']"
expect 'MP-44 STAT is the sum of LIST' "$(said 'sum of LIST')" True
expect 'MP-44 LIST n agrees with LIST' "$(said 'one of LIST')" True
expect 'MP-44 UIDL n answers with the number' "$(said 'UIDL n')" True
expect 'MP-44 RETR' "$(said RETR)" "[True, b'.mp44-']"
expect 'MP-44 is as long as LIST says' "$(said octets)" True
expect 'MP-44 TOP n 0 ends with the empty line' "$(said TOP)" "b''"
expect 'MP-44 DELE, RSET, DELE' "$(said DELE)" True
expect 'MP-44 a second session' "$(starts "$(said 'second session')" '-ERR [IN-USE]')" yes
expect 'MP-44 leaves the first as it is' "$(said 'first is intact')" True
expect 'MP-44 a wrong password' "$(starts "$(said 'wrong password')" '-ERR [AUTH]')" yes
expect 'MP-44 AUTH PLAIN' "$(starts "$(said 'AUTH PLAIN')" +OK)" yes

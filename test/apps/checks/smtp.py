"""An SMTP session from lines: smtp.py ADDRESS [USER PASSWORD] < commands; prints the replies.

A line "AUTH" logs in. A line that begins with "<" is data: bytes with Python's escapes, and no
reply is waited for. ADDRESS is host:port or unix:/path."""
import base64, socket, ssl, sys

address, *login = sys.argv[1:]
if address.startswith('unix:'):
    s = socket.socket(socket.AF_UNIX); s.connect(address[5:])
else:
    s = socket.create_connection(tuple(address.rsplit(':', 1)))
s.settimeout(20)
f = s.makefile('rwb')

def reply():
    while True:
        line = f.readline()
        sys.stdout.write(line.decode('utf-8', 'replace').replace('\r', ''))
        if not line or line[3:4] != b'-': return line

reply()
for line in sys.stdin.read().splitlines():
    if line.startswith('<'):
        f.write(line[1:].encode('latin1').decode('unicode_escape').encode('latin1')); f.flush(); continue
    if line == 'AUTH':
        token = base64.b64encode('\0'.join(['', *login]).encode()).decode()
        line = 'AUTH PLAIN ' + token
    if line: f.write(line.encode() + b'\r\n'); f.flush()
    answer = reply()
    if line == 'STARTTLS' and answer.startswith(b'220'):
        context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
        s = context.wrap_socket(s); f = s.makefile('rwb')

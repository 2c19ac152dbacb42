# MP-6: TERM within a mail: 421, a clean end, and nothing of the half mail.
python3 - "$SMTP_C" "$PASS_C" "$PID_C" <<'P' >"$T/half"
import base64,os,signal,socket,sys
host,port=sys.argv[1].rsplit(':',1)
s=socket.create_connection((host,int(port)),timeout=10); f=s.makefile('rwb')
def say(line):
    if line: f.write(line.encode()+b'\r\n'); f.flush()
    while True:
        reply=f.readline().decode()
        if reply[3:4]!='-': return reply
say(''); say('EHLO localhost')
login=base64.b64encode(f'\0carol@p1.test\0{sys.argv[2]}'.encode()).decode()
say('AUTH PLAIN '+login); say('MAIL FROM:<carol@p1.test>'); say('RCPT TO:<bob@p2.test>'); say('DATA')
f.write(b'Subject: half\r\n\r\nhalf'); f.flush()
os.kill(int(sys.argv[3]),signal.SIGTERM)
print(f.readline().decode()[:3])
P
expect 'MP-6 the session hears 421' "$(cat "$T/half")" 421
start=$(date +%s); ended "$PID_C"
expect 'MP-6 it ends within 5 s' "$(( $(date +%s) - start <= 5 ))" 1
expect 'MP-6 nothing of it is queued' "$(status_of C outbox.mails)" 0
restart C

# MP-6: TERM within a mail: 421, a clean end, and nothing of the half mail; with others connected too.
cat >"$T/mid-data.py" <<'P'
import base64,os,signal,socket,sys
smtp,pop,sock,password,pid,*mean=sys.argv[1:]
def dial(address):
    host,port=address.rsplit(':',1)
    return socket.create_connection((host,int(port)),timeout=10)
s=dial(smtp); f=s.makefile('rwb')
def say(line):
    if line: f.write(line.encode()+b'\r\n'); f.flush()
    while True:
        reply=f.readline().decode()
        if reply[3:4]!='-': return reply
say(''); say('EHLO localhost')
login=base64.b64encode(f'\0carol@p1.test\0{password}'.encode()).decode()
say('AUTH PLAIN '+login); say('MAIL FROM:<carol@p1.test>'); say('RCPT TO:<bob@p2.test>'); say('DATA')
f.write(b'Subject: half\r\n\r\nhalf'); f.flush()
# Others who are connected and do not leave by themselves.
others=[dial(pop)]
control=socket.socket(socket.AF_UNIX); control.connect(sock); control.recv(100)
stream=socket.socket(socket.AF_UNIX); stream.connect(sock); stream.recv(100)
stream.sendall(b'JSON\r\n'); stream.recv(100)
stream.sendall(b'{"jsonrpc":"2.0","id":1,"method":"events"}\n'); stream.recv(100)
os.kill(int(pid),getattr(signal,mean[0]))
print(f.readline().decode()[:3])
f.close(); s.close()
if len(mean)>1: os.kill(int(pid),getattr(signal,mean[1]))
import time; time.sleep(6)
P
# stopped SIGNAL...: what the half mail's session hears, the exit code and the time of the end, s
stopped(){
  "${POSTERN:-postern}" daemon -f "$CONF_C" >>"$T/restarts" 2>&1 & local pid=$!
  eventually is_connected C
  python3 "$T/mid-data.py" "$SMTP_C" "$POP_C" "$SOCK_C" "$PASS_C" "$pid" "$@" >"$T/half" & local peer=$!
  eventually test -s "$T/half"; local from=$SECONDS
  wait "$pid"; local code=$?
  kill "$peer" 2>/dev/null; wait "$peer" 2>/dev/null
  echo "$(cat "$T/half") $code $(( SECONDS - from <= 5 ))"
}
kill "$PID_C"; ended "$PID_C"
for signal in SIGTERM SIGINT SIGQUIT; do
  expect "MP-6 $signal with sessions open: 421, exit 0, within 5 s" "$(stopped $signal)" '421 0 1'
done
expect 'MP-6 nothing of the half mails is queued' "$(status_of C outbox.mails)" 0
expect 'MP-6 a second TERM ends it at once' "$(stopped SIGTERM SIGTERM | cut -d' ' -f2)" 1
restart C

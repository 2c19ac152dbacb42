# MP-10: no listeners, or other ones.
mkdir "$T/quiet"
quiet(){ # quiet LINES: starts a daemon with these lines in [Proxy]
  printf '[Proxy]\nDataDir = "%s/quiet/data"\n%s\n[Management]\nEnable = true\n' "$T" "$1" >"$T/quiet/c.toml"
  postern daemon -f "$T/quiet/c.toml" >"$T/quiet/out" 2>&1 & disown
  SOCK_Q=$T/quiet/data/management_sock
  eventually test -s "$T/quiet/data/pid"; quiet_pid=$(cat "$T/quiet/data/pid")
}
listens(){ ss -ltnp 2>/dev/null | grep -c "pid=$quiet_pid,"; }
quiet 'NoLaunchListeners = true'
expect 'MP-10 nobody listens on TCP' "$(listens)" 0
expect 'MP-10 the management socket answers' "$(ask Q LIST_RECIPIENTS)" .
kill "$quiet_pid"; ended "$quiet_pid"
quiet 'SMTPAddress = ""
POP3Address = "127.0.0.1:0"'
expect 'MP-10 one of the two alone' "$(listens)" 1
kill "$quiet_pid"; ended "$quiet_pid"
quiet "SMTPAddress = \"unix:$T/quiet/smtp\"
POP3Address = \"unix:$T/quiet/pop3\""
expect 'MP-10 Unix sockets instead' "$(listens)" 0
expect 'MP-10 are private' "$(stat -c %a "$T/quiet/smtp" "$T/quiet/pop3" | sort -u)" 600
expect 'MP-10 and greet' "$(python3 - "$T/quiet/smtp" "$T/quiet/pop3" <<'P'
import socket,sys
for path in sys.argv[1:]:
    s=socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(path); print(s.makefile('rb').readline()[:3].decode(),end=' ')
P
)" '220 +OK '
kill "$quiet_pid"; ended "$quiet_pid"

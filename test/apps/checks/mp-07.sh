# MP-7, MP-8, MP-9: the listeners and the data directory of [Proxy], with their documented defaults.
mkdir "$T/minimal"
printf '[Proxy]\nDataDir = "%s/minimal/data"\n' "$T" >"$T/minimal/c.toml"
# On a port that somebody else has the default cannot be seen; it is waited for.
is_free(){ python3 -c 'import socket,sys; s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1); s.bind(("127.0.0.1",int(sys.argv[1])))' "$1"; }
eventually is_free 2524; eventually is_free 2525
postern daemon -f "$T/minimal/c.toml" >"$T/minimal/out" 2>&1 & disown
eventually test -s "$T/minimal/data/pid"; minimal=$(cat "$T/minimal/data/pid")
greets(){ python3 - "$1" "$2" <<'P'
import socket,sys
s=socket.create_connection(('127.0.0.1',int(sys.argv[1])),timeout=5)
sys.exit(not s.makefile('rb').readline().startswith(sys.argv[2].encode()))
P
}
expect 'MP-7 POP3 greets on 127.0.0.1:2524' "$(greets 2524 +OK && echo yes)" yes
expect 'MP-7 as curl sees it' \
  "$(curl -s pop3://127.0.0.1:2524/ -X NOOP -u a:b -v 2>&1 | grep -c '^< +OK' | sed 's/^[1-9].*/some/')" some
expect 'MP-8 SMTP greets on 127.0.0.1:2525' "$(greets 2525 220 && echo yes)" yes
expect 'MP-9 the data directory is private' "$(stat -c %a "$T/minimal/data")" 700
kill "$minimal"; ended "$minimal"

# refused KEY VALUE: whether the file with this setting is refused with its line and key
refused(){
  printf '[Proxy]\nDataDir = "%s/wrong"\n%s = %s\n' "$T" "$1" "$2" >"$T/minimal/wrong.toml"
  [ "$1" != DataDir ] || printf '[Proxy]\n\nDataDir = %s\n' "$2" >"$T/minimal/wrong.toml"
  postern daemon -f "$T/minimal/wrong.toml" >"$T/minimal/refusal" 2>&1
  echo "$? $(grep -c "wrong.toml:3: Proxy.$1: " "$T/minimal/refusal")"
}
expect 'MP-7 POP3 is on loopback only' "$(refused POP3Address '"0.0.0.0:2524"')" '2 1'
expect 'MP-7 an address is literal' "$(refused POP3Address '"localhost:2524"')" '2 1'
expect 'MP-8 SMTP is on loopback only' "$(refused SMTPAddress '"[::]:2525"')" '2 1'
expect 'MP-9 the data directory is absolute' "$(refused DataDir '"x"')" '2 1'
expect 'MP-9 and nothing was made' "$(test -e "$T/wrong" || echo nothing)" nothing

# The helpers that all checks are written with.
postern(){ command "${POSTERN:-postern}" "$@"; }
up(){ export T=$(mktemp -d); eval "$(postern testnet up --dir "$T" --export "$@")"; }  # SMTP_A POP_A SOCK_A DATA_A CONF_A PID_A ADDR_A PASS_A …_B …_C, GW_*, MIX1_*, NET_*
tick(){ postern testnet clock --dir "$T" advance "$1"; }
settle(){ postern testnet settle --dir "$T"; }
msg(){ printf 'From: %s\nTo: %s\nSubject: %s\n\n%s\n' "$@"; }
put(){ local s=SMTP_$1 a=ADDR_$1 p=PASS_$1; curl -sS --crlf -u "${!a}:${!p}" "smtp://${!s}/localhost" --mail-from "${!a}" --mail-rcpt "$2" -T "${3:--}"; }
pop(){ local s=POP_$1 a=ADDR_$1 p=PASS_$1; curl -sS -u "${!a}:${!p}" "pop3://${!s}/$2" ${3:+-X "$3"}; }
ask(){ local s=SOCK_$1; python3 - "${!s}" "$2" <<'P'
import socket,sys
s=socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1]); f=s.makefile('rwb')
f.readline(); f.write((sys.argv[2]+'\r\nQUIT\r\n').encode()); f.flush()
print(f.read().decode().replace('\r','').rstrip('\n').rsplit('\n',1)[0])
P
}
gone(){ ! grep -rlaF -- "$1" "$2"; }                  # true when a canary string is nowhere under a path

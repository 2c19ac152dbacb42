# Other people's programs fetch mail: by POP3, and from the Maildir.
body_of_fetch(){ printf '%s\n' '.a dot' '..two' 'From here to there' 'Grüße' 'last'; }
{
  printf 'Subject: fetched\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n'
  printf 'Content-Transfer-Encoding: 8bit\nFrom: alice@p1.test\nTo: bob@p2.test\n\n'
  body_of_fetch
} >"$T/fetched.eml"
put A bob@p2.test "$T/fetched.eml"; settle
before=$(pop B '' UIDL)
host=${POP_B%:*} port=${POP_B##*:} user=${ADDR_B/@/%40}
mkdir -p "$T/fetch"

# on_board PROGRAM: whether it is here; says so where it is not
on_board(){ command -v "$1" >/dev/null && return 0; echo "ok fetching with $1 # left out: it is not on this machine"; facts=$((facts + 1)); return 1; }
# in_terminal PROGRAM [ARGUMENT...]: for programs that want one
in_terminal(){ python3 "$here/terminal.py" 60 -- "$@" >"$T/fetch/screen" 2>&1; }
# unquoted FILE...: of the mail in there the body, as it is without quoted From and CR
unquoted(){ cat "$@" 2>/dev/null | tr -d '\r' | sed -n '/^Subject: fetched/,/^last$/p' | sed '1,/^$/d; s/^>From /From /'; }
fetched(){
  local program=$1; shift
  expect "$program fetches the mail, octet by octet" "$(unquoted "$@" | diff - <(body_of_fetch) >/dev/null && echo yes)" yes
}

if on_board curl; then pop B "$(mails B)" >"$T/fetch/curl"; fetched curl "$T/fetch/curl"; fi

if on_board python3; then
  python3 -c '
import poplib,sys
host,port=sys.argv[1].rsplit(":",1)
p=poplib.POP3(host,int(port)); p.user(sys.argv[2]); p.pass_(sys.argv[3])
sys.stdout.buffer.write(b"".join(line+b"\n" for line in p.retr(p.stat()[0])[1])); p.quit()' \
    "$POP_B" "$ADDR_B" "$PASS_B" >"$T/fetch/poplib"
  fetched poplib "$T/fetch/poplib"
fi

for program in mutt neomutt; do
  on_board $program || continue
  cat >"$T/fetch/$program.rc" <<R
set pop_authenticators="user" ssl_starttls=no ssl_force_tls=no mbox_type=mbox quit=yes copy=no delete=no
set confirmappend=no confirmcreate=no folder="$T/fetch" timeout=5
push "<tag-pattern>~A<enter><tag-prefix><copy-message>$T/fetch/$program.mbox<enter><exit>"
R
  in_terminal "$program" -nF "$T/fetch/$program.rc" -f "pop://$user:$PASS_B@$POP_B/"
  fetched $program "$T/fetch/$program.mbox"
done

if on_board s-nail; then
  printf 'copy * %s\nexit\n' "$T/fetch/s-nail" |
    timeout 60 s-nail -:/ -Sv15-compat -Spop3-keepalive=0 -f "pop3://$user:$PASS_B@$POP_B" >"$T/fetch/screen" 2>&1
  fetched s-nail "$T/fetch/s-nail"
fi

if on_board mpop; then
  mkdir -p "$T"/fetch/mpop/{cur,new,tmp}
  mpop -C /dev/null --host="$host" --port="$port" --tls=off --auth=user --user="$ADDR_B" \
    --passwordeval="echo $PASS_B" --uidls-file="$T/fetch/uidls" --keep=on \
    --delivery="maildir,$T/fetch/mpop" >"$T/fetch/screen" 2>&1
  fetched mpop "$T"/fetch/mpop/new/*
  mpop -C /dev/null --host="$host" --port="$port" --tls=off --auth=user --user="$ADDR_B" \
    --passwordeval="echo $PASS_B" --uidls-file="$T/fetch/uidls" --keep=on \
    --delivery="maildir,$T/fetch/mpop" >"$T/fetch/screen" 2>&1
  expect 'mpop knows the ids again' "$(ls "$T/fetch/mpop/new" | wc -l | tr -d ' ')" "$(mails B)"
fi

# fetchmail NAME MDA
fetch_by(){
  on_board "${2%% *}" || return 0
  umask 077
  cat >"$T/fetch/$1.rc" <<R
set no syslog
poll $host protocol pop3 port $port user "$ADDR_B" password "$PASS_B" sslproto "" keep fetchall mda "$2"
R
  timeout 60 fetchmail -f "$T/fetch/$1.rc" -N -d0 --pidfile "$T/fetch/pid" >"$T/fetch/screen" 2>&1
  umask 022
  fetched "fetchmail with ${2%% *}" "$T/fetch/$1"
}
if on_board fetchmail; then
  printf 'SHELL=/bin/sh\n:0\n%s\n' "$T/fetch/by-procmail" >"$T/fetch/procmailrc"
  fetch_by by-procmail "procmail -m $T/fetch/procmailrc"
  (umask 077; printf 'to "%s"\n' "$T/fetch/by-maildrop" >"$T/fetch/maildroprc")
  fetch_by by-maildrop "maildrop $T/fetch/maildroprc"
fi

if on_board getmail; then
  own=$(mktemp -d); mkdir -p "$own"/md/{cur,new,tmp}
  cat >"$own/rc" <<R
[retriever]
type = SimplePOP3Retriever
server = $host
port = $port
username = $ADDR_B
password = $PASS_B
[destination]
type = Maildir
path = $own/md/
[options]
received = false
delivered_to = false
R
  # It will not deliver as root.
  as=(); if [ "$(id -u)" = 0 ]; then chown -R nobody "$own"; as=(setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups); fi
  HOME=$own timeout 60 "${as[@]}" getmail --getmaildir="$own" --rcfile=rc >"$T/fetch/getmail.out" 2>&1
  fetched getmail "$own"/md/new/*
  rm -rf "$own"
fi

expect 'whoever has only read leaves every mail where it was' "$(pop B '' UIDL)" "$before"

if on_board notmuch; then
  eventually sh -c "cat '$MAILDIR_B'/new/* | grep -q '^Subject: fetched'"
  export NOTMUCH_CONFIG=$T/fetch/notmuch-config
  printf '[database]\npath=%s\nmail_root=%s\n[user]\nname=Bob\nprimary_email=%s\n[new]\ntags=new\n' \
    "$T/fetch/notmuch" "$MAILDIR_B" "$ADDR_B" >"$NOTMUCH_CONFIG"
  mkdir -p "$T/fetch/notmuch"; notmuch new >"$T/fetch/screen" 2>&1
  expect 'notmuch finds it' "$(notmuch count 'subject:fetched')" 1
  fetched notmuch <(notmuch show --format=raw 'subject:fetched')
  unset NOTMUCH_CONFIG
fi

if on_board fetchmail; then
  (umask 077; printf 'set no syslog\npoll %s protocol pop3 port %s user "%s" password "%s" sslproto "" fetchall mda "cat >>%s"\n' \
    "$host" "$port" "$ADDR_B" "$PASS_B" "$T/fetch/last" >"$T/fetch/last.rc")
  timeout 60 fetchmail -f "$T/fetch/last.rc" -N -d0 --pidfile "$T/fetch/pid" >"$T/fetch/screen" 2>&1
  expect 'fetchmail takes all away' "$(mails B)" 0
fi

# Mail programs as people have them: an environment of their own, and what comes of what they send.
home=$T/home; mkdir -p "$home"
# Beside the program that is tried; mail programs want a path without arguments.
POSTERN_SENDMAIL=$(dirname "$(readlink -f "${POSTERN:-$(command -v postern)}")")/postern-sendmail.js
chmod +x "$POSTERN_SENDMAIL"
user=${ADDR_A//@/%40}
host=${SMTP_A%:*} port=${SMTP_A##*:}
alone(){ env -i HOME="$home" PATH="$PATH" TERM=dumb LANG=C.UTF-8 POSTERN_CONFIG="$CONF_A" "$@"; }
# with PROGRAM: whether it is there; says so where it is not
with(){ command -v "$1" >/dev/null || { echo "skipped: $1 is not installed"; return 1; }; }
arrived(){ grep -lqs "^Subject: $1\$" "$MAILDIR_B"/new/*; }
# sends ROW WHAT CODE: the program has ended with 0, and its mail comes
sends(){
  expect "$1 $2 sends" "$3" 0
  eventually arrived "$2"
  local mail; mail=$(grep -ls "^Subject: $2\$" "$MAILDIR_B"/new/*)
  expect "$1 $2 arrives" "$(grep -c '^\.dot' "$mail" 2>/dev/null) $(grep -ciE '^(user-agent|x-mailer|received):' "$mail" 2>/dev/null)" '1 0'
}
letter(){ printf 'From: alice@p1.test\nTo: bob@p2.test\nSubject: %s\n\n.dot\n' "$1"; }

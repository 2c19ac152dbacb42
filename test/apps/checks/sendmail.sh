# sendmail: durable when it ends, with and without a daemon, once each; exit codes of sysexits.h.
export POSTERN_CONFIG=$CONF_A
sendmail(){ postern sendmail "$@"; }
outbox_is(){ [ "$(status_of A outbox.mails)" = "$1" ]; }
arrived(){ grep -qs "^Subject: $1" "$MAILDIR_B"/new/*; }
copies(){ grep -ls "^Subject: $1" "$MAILDIR_B"/new/* | wc -l | tr -d ' '; }
code_of(){ "$@" >/dev/null 2>&1; echo $?; }

printf 'To: bob@p2.test\nBcc: carol@p1.test\nSubject: sm-t\n\nline\n.\nbehind\n' | sendmail -t
expect 'sendmail -t is accepted' $? 0
eventually arrived sm-t
mail=$(grep -l 'sm-t$' "$MAILDIR_B"/new/*)
expect 'sendmail -t: From is the account' "$(grep -c '^From: alice@p1.test' "$mail")" 1
expect 'sendmail -t: Bcc does not leak' "$(grep -ciE 'bcc|carol' "$mail")" 0
has_carol(){ grep -qs '^Subject: sm-t' "$MAILDIR_C"/new/*; }
eventually has_carol
expect 'sendmail -t: Bcc has the mail' "$(has_carol && echo yes)" yes
expect 'sendmail: a dot alone ends the mail' "$(grep -c behind "$mail")" 0
printf 'Subject: sm-i\n\nline\n.\nbehind\n' | sendmail -oi -odb -oem -f alice@p1.test -- bob@p2.test
expect 'sendmail -oi -odb -oem -f FROM -- rcpt' $? 0
eventually arrived sm-i
expect 'sendmail -i: a dot alone is content' "$(body "$(grep -l sm-i "$MAILDIR_B"/new/*)")" "$(printf 'line\n.\nbehind')"
echo 'no header at all' | sendmail -FCron -f root bob@p2.test
expect 'sendmail of a text, as cron has it' $? 0

expect 'sendmail: no recipient is 64' "$(printf 'Subject: x\n\nx\n' | code_of sendmail -t)" 64
expect 'sendmail: an option that there is not is 64' "$(code_of sendmail -Z)" 64
expect 'sendmail: an unknown recipient is 67' "$(printf 'x: y\n\nx\n' | code_of sendmail nobody@p2.test)" 67
expect 'sendmail: a header that is ours is 65' "$(printf 'X-Katzenpost-Sender: y\n\nx\n' | code_of sendmail bob@p2.test)" 65
expect 'sendmail: another sender is 77' "$(printf 'x: y\n\nx\n' | code_of sendmail -f eve@p1.test bob@p2.test)" 77
expect 'sendmail: another From is 77' "$(printf 'From: eve@p1.test\n\nx\n' | code_of sendmail bob@p2.test)" 77
expect 'sendmail: no configuration is 78' "$(POSTERN_CONFIG=/nonexistent code_of sendmail bob@p2.test </dev/null)" 78

# SMTP on standard input and output; one that does not wait for answers either.
said=$(printf 'EHLO x\r\nMAIL FROM:<alice@p1.test>\r\nRCPT TO:<bob@p2.test>\r\nRCPT TO:<nobody@p2.test>\r\nDATA\r\nSubject: sm-bs\r\n\r\n..\r\n.\r\nQUIT\r\n' | sendmail -bs | tr -d '\r')
expect 'sendmail -bs' "$(grep -oE '^(220 localhost|250 2.1.0|250 2.1.5|550 5.1.1|354|250 2.6.0|221)' <<<"$said" | tr '\n' ,)" \
  '220 localhost,250 2.1.0,250 2.1.5,550 5.1.1,354,250 2.6.0,221,'
eventually arrived sm-bs

# The daemon is away, and nothing waits.
eventually outbox_is 0
ask A SHUTDOWN >/dev/null 2>&1; ended "$PID_A"
printf 'To: bob@p2.test\nSubject: sm-away CANARY\n\nCANARY\n' | sendmail -t
expect 'sendmail without the daemon is accepted' $? 0
printf 'To: bob@p2.test, nobody@p2.test\nSubject: sm-mixed\n\nx\n' | sendmail -t
expect 'sendmail without the daemon: an unknown recipient is heard of later' $? 0
# Nor can the stores be opened: the key is away.
key=$(find "$(dirname "$DATA_A")" -maxdepth 1 -name "$(basename "$DATA_A").storage.key")
mv "$key" "$key.away"
printf 'To: bob@p2.test\nSubject: sm-locked CANARY\n\nCANARY\n' | sendmail -t
expect 'sendmail without the storage key is accepted' $? 0
mv "$key.away" "$key"
expect 'what waits in the box cannot be read' "$(gone CANARY "$DATA_A" && echo yes)" yes
head -c 500 /dev/urandom >"$DATA_A/submit/00000000000000000000000000000000.mail"
echo rubbish >"$DATA_A/submit/rubbish"
expect 'sendmail -bp shows what waits' "$(sendmail -bp | grep -c 'alice@p1.test -> bob@p2.test')" 3
expect 'and has put the rubbish aside' "$(ls "$DATA_A/submit/refused" | wc -l | tr -d ' ') $(ls "$DATA_A"/submit/*.mail 2>/dev/null | wc -l | tr -d ' ')" '2 0'
printf 'To: bob@p2.test\nSubject: sm-later\n\nx\n' | sendmail -t
restart A
for each in sm-away sm-mixed sm-locked sm-later; do eventually arrived $each; done
eventually outbox_is 0
for each in sm-away sm-mixed sm-locked sm-later; do expect "sendmail: $each arrives, once" "$(copies $each)" 1; done
expect 'sendmail: the unknown recipient is reported' "$(python3 "$here/reports.py" "$MAILDIR_A" 'Delivery failure' sm-mixed)" \
  'multipart/report <>, failed nobody@p2.test 5.0.0, text/rfc822-headers'
expect 'sendmail -bp: nothing' "$(sendmail -bp)" 'Mail queue is empty'
unset POSTERN_CONFIG

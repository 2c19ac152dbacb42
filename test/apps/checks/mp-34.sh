# MP-34, PM-4: the envelope's sender, and From and Sender of the mail, are the account of the log-in.
say(){ python3 "$here/smtp.py" "$SMTP_A" "$ADDR_A" "$PASS_A"; }
from(){ msg "$@" | curl -sS --crlf -u "$ADDR_A:$PASS_A" "smtp://$SMTP_A/localhost" --mail-from "$from" --mail-rcpt bob@p2.test -T - -v 2>&1; }

from=eve@p1.test
foreign=$(from eve@p1.test bob@p2.test mp34-eve x); code=$?
expect 'MP-34 a sender who is no account: curl says 55' $code 55
expect 'MP-34 and heard 550 5.7.1' "$(grep -c '^< 550 5.7.1' <<<"$foreign")" 1
expect 'MP-34 the empty sender as well' "$(printf 'EHLO x\nAUTH\nMAIL FROM:<>\n' | say | tail -1 | cut -c1-9)" '550 5.7.1'
expect 'PM-4 the address of somebody else' \
  "$(printf 'EHLO x\nAUTH\nMAIL FROM:<bob@p2.test>\n' | say | tail -1 | cut -c1-9)" '553 5.7.1'
from=alice@p1.test
for forged in 'From: eve@p1.test' 'From: alice@p1.test, bob@p2.test' \
  "$(printf 'From: alice@p1.test\nSender: eve@p1.test')" "$(printf 'From: alice@p1.test\nFrom: eve@p1.test')"; do
  refused=$({ echo "$forged"; printf 'Subject: mp34-forged\n\nx\n'; } | put A bob@p2.test "-" 2>&1); code=$?
  expect "PM-4 refused at DATA: $(tr '\n' ' ' <<<"$forged")" $code 8
done
printf 'Sender: Alice <ALICE@p1.test>\nFrom: "Eve" <alice@P1.test>\nSubject: mp34-own\n\nx\n' | put A bob@p2.test
settle
expect 'PM-4 what is the account in another spelling is sent' "$(grep -l 'mp34-own' "$MAILDIR_B"/new/* | wc -l)" 1
expect 'PM-4 what was forged never arrives' "$(grep -lE 'mp34-(forged|eve)' "$MAILDIR_B"/new/* | wc -l)" 0

# The other policy.
reconfigure A 's/^(DataDir = .*)/\1\nForeignFrom = "rewrite"/'
printf 'From: eve@p1.test\nSender: eve@p1.test\nSubject: mp34-rewritten\n\nx\n' | put A bob@p2.test
settle
mail=$(grep -l mp34-rewritten "$MAILDIR_B"/new/*)
expect 'PM-4 rewritten, From is the account' "$(grep -i '^from:' "$mail" | tr -d '\r')" 'From: alice@p1.test'
expect 'PM-4 and nobody else is named' "$(grep -c eve "$mail")" 0
reconfigure A '/^ForeignFrom/d'

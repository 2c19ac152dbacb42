# MP-41: loss, repetition and reordering in both directions cost and double nothing.
python3 -c '
import base64,os,sys
for _ in range(int(sys.argv[1])//73): print(base64.b64encode(os.urandom(54)).decode())' \
  "${MAIL_SIZE:-1000000}" >"$T/body"
msg alice@p1.test bob@p2.test big '' | cat - "$T/body" >"$T/big"; body "$T/big" >"$T/body"
put A bob@p2.test "$T/big" && settle
expect 'MP-41 exactly one copy' "$(mails B)" 1
pop B 1 >"$T/got"; body "$T/got" >"$T/got-body"
expect 'MP-41 byte for byte' "$(cmp "$T/body" "$T/got-body" && echo same)" same
expect 'MP-41 one file in the Maildir' "$(ls "$MAILDIR_B/new" | wc -l)" 1
expect 'MP-41 the outbox is empty' "$(status_of A outbox.mails)" 0

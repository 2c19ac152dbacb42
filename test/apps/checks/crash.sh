# Parts that die without finishing anything, and come back.
msg alice@p1.test bob@p2.test survivor x | put A bob@p2.test
for part in A p2 B mix2; do
  postern testnet crash --dir "$T" $part; postern testnet start --dir "$T" $part
done
settle
expect 'MP-41 a mail outlives crashes, once' "$(cat "$MAILDIR_B"/new/* | grep -c '^Subject: survivor')" 1

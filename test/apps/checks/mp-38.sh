# MP-38: our header lines are the receiver's. A peer that goes around the bridge is provoked in
# test/client/reports.test.ts.
for field in X-Katzenpost-Sender x-katzenpost-anything 'X-KATZENPOST-SENDER '; do
  { printf '%s: eve\nFrom: alice@p1.test\nSubject: mp38\n\nx\n' "$field"; } | put A bob@p2.test - 2>"$T/refusal"; code=$?
  expect "MP-38 $field is refused" $code 8
done
printf 'X-Katzenpost-Sender: eve\nFrom: alice@p1.test\n\nx\n' >"$T/mp38"
said=$(curl -v --crlf -sS -u "$ADDR_A:$PASS_A" "smtp://$SMTP_A/localhost" --mail-from "$ADDR_A" --mail-rcpt bob@p2.test -T "$T/mp38" 2>&1)
expect 'MP-38 with 550 5.7.7, at DATA' "$(sed -n '/^< 354/,$s/^< \(550 5\.7\.7\).*/\1/p' <<<"$said")" '550 5.7.7'
msg alice@p1.test bob@p2.test mp38-good x | put A bob@p2.test; settle
mail=$(grep -l mp38-good "$MAILDIR_B"/new/*)
expect 'MP-38 the receiver writes them' \
  "$(grep -cE '^(Authentication-Results: mix; x-katzenpost-sender=pass|X-Katzenpost-Sender: .{44})' "$mail")" 2

# MP-37: one bad recipient of several, and only bad ones.
key=$(ask A 'GET_RECIPIENT bob@p2.test' | cut -d' ' -f2)
ask A "SET_RECIPIENT dan@nowhere.test $key" >/dev/null
to(){
  local all=() each; for each; do all+=(--mail-rcpt "$each"); done
  curl -sS --crlf -u "$ADDR_A:$PASS_A" "smtp://$SMTP_A/localhost" --mail-from "$ADDR_A" "${all[@]}" -T - -v 2>&1
}
said=$(msg alice@p1.test bob@p2.test mp37-three x | to bob@p2.test dan@nowhere.test carol@p1.test); code=$?
expect 'MP-37 three recipients, one of an unknown provider' "$code $(grep -c '^< 250 2.6.0' <<<"$said")" '0 1'
has_both(){ grep -qs mp37-three "$MAILDIR_B"/new/* && grep -qs mp37-three "$MAILDIR_C"/new/*; }
eventually has_both
expect 'MP-37 the others have the mail' \
  "$(grep -l mp37-three "$MAILDIR_B"/new/* "$MAILDIR_C"/new/* | wc -l)" 2
expect 'MP-37 one report, which names only that one' "$(python3 "$here/reports.py" "$MAILDIR_A" 'Delivery failure' mp37-three)" \
  'multipart/report <>, failed dan@nowhere.test 5.0.0, text/rfc822-headers'
expect 'MP-37 and is the only one' "$(grep -l mp37-three "$MAILDIR_A"/new/* | wc -l)" 1
said=$(msg alice@p1.test dan@nowhere.test mp37-none x | to dan@nowhere.test); code=$?
expect 'MP-37 only bad ones are refused, by name' "$code $(grep -c '^< 550 5.1.2 .*<dan@nowhere.test>' <<<"$said")" '8 1'
expect 'MP-37 without a report' "$(grep -l mp37-none "$MAILDIR_A"/new/* | wc -l)" 0
# The report is on disk with the mail.
msg alice@p1.test bob@p2.test mp37-killed x | to bob@p2.test dan@nowhere.test >/dev/null
kill -9 "$PID_A"; ended "$PID_A"; restart A
has_killed(){ grep -qs mp37-killed "$MAILDIR_A"/new/* && grep -qs mp37-killed "$MAILDIR_B"/new/*; }
eventually has_killed
expect 'MP-37 a kill right after 250 costs neither mail nor report' \
  "$(grep -l mp37-killed "$MAILDIR_B"/new/* | wc -l) $(grep -l mp37-killed "$MAILDIR_A"/new/* | wc -l)" '1 1'
ask A 'REMOVE_RECIPIENT dan@nowhere.test' >/dev/null

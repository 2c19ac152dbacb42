# MP-42: the same blocks again, at once and days later, are no second mail and leave no parts.
head -c 120000 /dev/urandom | base64 >"$T/long"
msg alice@p1.test bob@p2.test once '' | cat - "$T/long" | put A bob@p2.test; settle
had=$(mails B)
for wait in 0s 1d 3d; do
  tick $wait
  count=$(postern testnet inject --dir "$T" | cut -d' ' -f1)
  expect "MP-42 blocks are delivered again after $wait" "$((count >= 3))" 1
  settle
  expect "MP-42 no second mail after $wait" "$(mails B)" "$had"
  expect "MP-42 no parts left after $wait" "$(status_of B fragments)" 0
done

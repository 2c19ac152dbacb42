# MP-5: HUP reads the recipients again.
postern key new >"$DATA_A/recipients/dave@p2.test.pem"; kill -HUP "$PID_A"; sleep 1
expect 'MP-5 a new file is found' "$(starts "$(ask A 'GET_RECIPIENT dave@p2.test')" '250 ')" yes
echo rubbish >"$DATA_A/recipients/eve@p2.test.pem"; rm "$DATA_A/recipients/dave@p2.test.pem"
kill -HUP "$PID_A"; sleep 1
expect 'MP-5 a file that went is forgotten' "$(starts "$(ask A 'GET_RECIPIENT dave@p2.test')" 554)" yes
expect 'MP-5 a damaged one costs the others nothing' \
  "$(starts "$(ask A 'GET_RECIPIENT bob@p2.test')" '250 ')" yes
expect 'MP-5 and is reported' "$(grep -c 'unusable recipient' "$T/A/log")" 1
rm "$DATA_A/recipients/eve@p2.test.pem"

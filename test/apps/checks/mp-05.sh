# MP-5: HUP reads the recipients again, in both directions, and the settings that can change at once.
log_of_a(){ grep -c "$1" "$T/A/log"; }
hup(){ local had; had=$(log_of_a 'recipients read again'); kill -HUP "$PID_A"; eventually hup_done "$had"; sleep 0.3; }
hup_done(){ [ "$(log_of_a 'recipients read again')" -gt "$1" ]; }

postern key new >"$DATA_A/recipients/dave@p2.test.pem"; hup
expect 'MP-5 a new file is found' "$(starts "$(ask A 'GET_RECIPIENT dave@p2.test')" '250 ')" yes
echo rubbish >"$DATA_A/recipients/eve@p2.test.pem"; rm "$DATA_A/recipients/dave@p2.test.pem"; hup
expect 'MP-5 a file that went is forgotten' "$(starts "$(ask A 'GET_RECIPIENT dave@p2.test')" 554)" yes
expect 'MP-5 a damaged one costs the others nothing' \
  "$(starts "$(ask A 'GET_RECIPIENT bob@p2.test')" '250 ')" yes
expect 'MP-5 and is reported' "$(log_of_a 'unusable recipient')" 1
rm "$DATA_A/recipients/eve@p2.test.pem"

cp "$CONF_A" "$T/config.kept"
key=$(ask A 'GET_RECIPIENT bob@p2.test' | cut -d' ' -f2)
sed -i "s|^\[Recipients\]|[Recipients]\n\"frank@p2.test\" = \"$key\"|" "$CONF_A"; hup
expect 'MP-5 a recipient of the configuration is taken over' \
  "$(ask A 'GET_RECIPIENT frank@p2.test')" "250 $key"
sed -i 's|^SMTPAddress = .*|SMTPAddress = "127.0.0.1:1"|' "$CONF_A"; hup
expect 'MP-5 what needs a restart is named' "$(log_of_a 'needs a restart key=Proxy.SMTPAddress')" 1
expect 'MP-5 also by status' "$(status_of A needsRestart)" "['Proxy.SMTPAddress']"
echo 'Adress = 1' >>"$CONF_A"; hup
expect 'MP-5 a broken file is reported' "$(log_of_a 'the configuration is broken')" 1
expect 'MP-5 and the old settings stay' "$(ask A 'GET_RECIPIENT frank@p2.test')" "250 $key"
cp "$T/config.kept" "$CONF_A"; hup
expect 'MP-5 nothing needs a restart any more' "$(status_of A needsRestart)" '[]'
ask A 'REMOVE_RECIPIENT frank@p2.test' >/dev/null

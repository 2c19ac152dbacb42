# MP-15: two labels in one file, each account on its own network; a mail crosses neither.
. "$here/daemons.sh"
second=$(mktemp -d)
there=$(postern testnet up --dir "$second" --export)
of_there(){ (eval "$there"; eval "printf %s \"\$$1\""); }
expect 'MP-15 a second network is up' "$([ -n "$(of_there PID_A)" ] && echo yes)" yes

networks(){
  authority here "$AUTH_ADDR" "$AUTH_KEY"; authority there "$(of_there AUTH_ADDR)" "$(of_there AUTH_KEY)"
  account dave p1.test here; account erin p2.test there
}
own_daemon D < <(networks)
dave=$(sed -n 's/^dave@p1.test //p' "$T/D/keys") erin=$(sed -n 's/^erin@p2.test //p' "$T/D/keys")
carol_there=$(key_of "$(of_there CONF_C)" carol@p1.test identityKey)
own_daemon D < <(networks; recipients "alice@p1.test=$(key_of "$CONF_A" alice@p1.test identityKey)" \
  "carol@p1.test=$carol_there" "erin@p2.test=$erin")
enrol "$CONF_D" dave@p1.test "$P1_SOCK"; enrol "$CONF_D" erin@p2.test "$(of_there P2_SOCK)"
start_own D
expect 'MP-15 both accounts connect' "$(patiently is_connected D && echo yes)" yes
person dave "$CONF_D" dave@p1.test; person erin "$CONF_D" erin@p2.test

msg dave@p1.test alice@p1.test here-only x | put dave alice@p1.test
msg erin@p2.test carol@p1.test there-only x | put erin carol@p1.test
expect 'MP-15 a mail arrives on the one network' \
  "$(patiently in_maildir "$MAILDIR_A" here-only && echo yes)" yes
expect 'MP-15 a mail arrives on the other' \
  "$(patiently in_maildir "$(of_there MAILDIR_C)" there-only && echo yes)" yes
expect 'MP-15 and not at who has the same address here' \
  "$(in_maildir "$MAILDIR_C" there-only && echo crossed)" ''

msg dave@p1.test erin@p2.test crossing x | put dave erin@p2.test; sleep 20
expect 'MP-15 a mail to the other network does not arrive' "$(mails erin)" 0
expect 'MP-15 and is still waiting' "$(postern queue list -f "$CONF_D" --json | grep -c '"recipient":"erin@p2.test"')" 1
stop_own D
postern testnet down --dir "$second"; rm -rf "$second"

# MP-17: two accounts in one file, which share nothing; and their life at run time.
. "$here/daemons.sh"
file(){ authority net "$AUTH_ADDR" "$AUTH_KEY"; account fay p1.test net; account gus p2.test net; }
own_daemon F < <(file)
fay=$(sed -n 's/^fay@p1.test //p' "$T/F/keys") gus=$(sed -n 's/^gus@p2.test //p' "$T/F/keys")
own_daemon F < <(file; recipients "alice@p1.test=$(key_of "$CONF_A" alice@p1.test identityKey)")
enrol "$CONF_F" fay@p1.test "$P1_SOCK"; enrol "$CONF_F" gus@p2.test "$P2_SOCK"
ask A "SET_RECIPIENT fay@p1.test $fay" >/dev/null; ask A "SET_RECIPIENT gus@p2.test $gus" >/dev/null
start_own F
expect 'MP-17 both accounts connect' "$(patiently is_connected F && echo yes)" yes
person fay "$CONF_F" fay@p1.test; person gus "$CONF_F" gus@p2.test

msg alice@p1.test fay@p1.test for-fay x | put A fay@p1.test
msg alice@p1.test gus@p2.test for-gus x | put A gus@p2.test
start=$SECONDS; patiently has_mail fay 1; usual=$((SECONDS - start)); patiently has_mail gus 1
expect 'MP-17 the log-in selects the mailbox' "$(pop fay 1 | grep -c '^Subject: for-fay')" 1
expect 'MP-17 of the other too' "$(pop gus 1 | grep -c '^Subject: for-gus')" 1
own=$PASS_gus; PASS_gus=$PASS_fay
expect 'MP-17 by its own password only' "$(mails gus)" 0
PASS_gus=$own

postern testnet crash --dir "$T" p2
eventually is_state "$CONF_F" gus@p2.test connecting
msg fay@p1.test alice@p1.test meanwhile x | put fay alice@p1.test
start=$SECONDS; patiently in_maildir "$MAILDIR_A" meanwhile
expect 'MP-17 a dead provider does not delay the other account' "$((SECONDS - start <= 3 * usual + 20))" 1
expect 'MP-17 status shows the one' "$(connection "$CONF_F" fay@p1.test)" connected
expect 'MP-17 status shows the other' "$(connection "$CONF_F" gus@p2.test)" connecting
postern testnet start --dir "$T" p2
expect 'MP-17 it comes back' "$(eventually is_state "$CONF_F" gus@p2.test connected && echo yes)" yes

postern account pause -f "$CONF_F" gus@p2.test >/dev/null
msg alice@p1.test gus@p2.test asleep x | put A gus@p2.test; sleep 5
expect 'MP-17 a paused account fetches nothing' "$(mails gus)" 1
expect 'MP-17 and says so' "$(connection "$CONF_F" gus@p2.test)" paused
postern account resume -f "$CONF_F" gus@p2.test >/dev/null
expect 'MP-17 resumed, it does' "$(patiently has_mail gus 2 && echo yes)" yes
postern account remove -f "$CONF_F" gus@p2.test >/dev/null
expect 'MP-17 nobody logs in to a removed one' "$(mails gus)" 0
msg gus@p2.test alice@p1.test never x | put gus alice@p1.test 2>/dev/null
expect 'MP-17 nor sends for it' "$?" 67
expect 'MP-17 its mail stays on disk' "$([ -s "$T/F/data/gus@p2.test/store.db" ] && echo yes)" yes
expect 'MP-17 the other goes on' "$(mails fay)" 1
stop_own F

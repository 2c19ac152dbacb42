# MP-18: a provider whose key is not the pinned one gets nothing, and one clear word is said.
. "$here/daemons.sh"
pin=$(sed '/^-/d' "$P1_DATA/identity.public.pem" | tr -d '\n')
flipped=$(printf %s "$pin" | python3 -c '
import base64,sys
key=bytearray(base64.b64decode(sys.stdin.read())); key[7]^=1
print(base64.b64encode(key).decode())')
start_proxy "$T/pin-proxy"
file(){
  authority net "$AUTH_ADDR" "$AUTH_KEY"; account hal p1.test net; echo "ProviderKeyPin = \"$1\""
  upstream socks5; recipients "alice@p1.test=$(key_of "$CONF_A" alice@p1.test identityKey)"
}
own_daemon G < <(file "$flipped")
enrol "$CONF_G" hal@p1.test "$P1_SOCK"
start_own G
expect 'MP-18 status says it' \
  "$(eventually is_state "$CONF_G" hal@p1.test pin-mismatch && connection "$CONF_G" hal@p1.test)" pin-mismatch
person hal "$CONF_G" hal@p1.test
msg hal@p1.test alice@p1.test pinned x | put hal alice@p1.test; sleep 10
# Every connection of this daemon is in the proxy's log.
expect 'MP-18 the authority was asked' "$(grep -c " $AUTH_ADDR\$" "$T/pin-proxy" | sed 's/[1-9].*/yes/')" yes
expect 'MP-18 the provider got no connection, and so no byte' "$(grep -c " $P1_ADDR\$" "$T/pin-proxy")" 0
expect 'MP-18 the mail is kept' "$(status_of G outbox.mails)" 1
stop_own G
own_daemon G < <(file "$pin")
start_own G
expect 'MP-18 with the right key it connects' "$(patiently is_connected G && echo yes)" yes
expect 'MP-18 and the mail goes' "$(patiently in_maildir "$MAILDIR_A" pinned && echo yes)" yes
stop_own G; kill "$PID_proxy"

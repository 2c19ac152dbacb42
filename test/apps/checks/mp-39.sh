# MP-39: mail that nobody acknowledges leaves the outbox when it has been sent, and never comes back.
BOUNCE_SECONDS=20
unacknowledged(){ printf 'X-Katzenpost-Unreliable: %s\n' "$1"; msg alice@p1.test bob@p2.test "$2" x; }
filed(){ grep -qs "^Subject: $2" "$1"/new/*; }
filings(){ grep -ls "^Subject: $2" "$1"/new/* | wc -l; }
outbox_is(){ [ "$(status_of A outbox.mails)" = "$1" ]; }

# curl's word for a refusal of what it has sent
REFUSED=8
unacknowledged maybe mp39-odd | put A bob@p2.test 2>/dev/null
expect 'MP-39 a word that is neither true nor false is refused' $? $REFUSED
unacknowledged true mp39-open | put A bob@p2.test
eventually filed "$MAILDIR_B" mp39-open; settle
expect 'MP-39 it arrives where nothing is lost' "$(filings "$MAILDIR_B" mp39-open)" 1
expect 'MP-39 and says so to the recipient' \
  "$(cat "$MAILDIR_B"/new/* | grep -c '^X-Katzenpost-Unreliable: true')" 1

tuned A "BounceQueueLifetime = $BOUNCE_SECONDS"
postern testnet crash --dir "$T" p2
began=$SECONDS
unacknowledged true mp39-careless | put A bob@p2.test
eventually outbox_is 0
expect 'MP-39 it leaves the outbox before it could bounce' "$((SECONDS - began < BOUNCE_SECONDS))" 1
# This one bounces, later than the other would.
msg alice@p1.test bob@p2.test mp39-careful x | put A bob@p2.test
expect 'MP-39 one to be acknowledged stays there' "$(status_of A outbox.mails)" 1
eventually filed "$MAILDIR_A" mp39-careful
expect 'MP-39 and comes back, once' "$(filings "$MAILDIR_A" mp39-careful)" 1
expect 'MP-39 the other one never does' "$(filings "$MAILDIR_A" mp39-careless)" 0

postern testnet start --dir "$T" p2; P2_PID=$(cat "$P2_DATA/pid")
tuned A

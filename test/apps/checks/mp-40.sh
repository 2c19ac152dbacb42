# MP-40: reports, as another program reads them. Those that need a hostile peer are provoked in
# test/client/reports.test.ts; this is what a network that fails now and then is enough for.
BOUNCE_SECONDS=15 RECEIVE_SECONDS=5
reports(){ local maildir=MAILDIR_$1; python3 "$here/reports.py" "${!maildir}" "$2" "$3"; }
attached(){ local maildir=MAILDIR_$1; python3 "$here/reports.py" --attached "${!maildir}" "$2" "$3"; }
has_report(){ [ -n "$(reports "$@")" ]; }
reported(){ eventually has_report "$@"; }
# Mails with such a subject, and no report that holds one.
titled(){ local maildir=MAILDIR_$1; grep -l "^Subject: $2" "${!maildir}"/new/* | xargs -r grep -L 'multipart/report'; }

# A provider is away for longer than a mail waits for it.
tuned A "BounceQueueLifetime = $BOUNCE_SECONDS"
postern testnet crash --dir "$T" p2
msg alice@p1.test bob@p2.test mp40-lost 'first line' >"$T/lost"; put A bob@p2.test "$T/lost"
reported A 'Delivery failure, timeout' mp40-lost
expect 'MP-40 a mail that nobody acknowledged' "$(reports A 'Delivery failure, timeout' mp40-lost)" \
  'multipart/report <>, failed bob@p2.test 5.4.7, message/rfc822'
expect 'MP-40 it is attached' \
  "$(attached A 'Delivery failure, timeout' mp40-lost | body /dev/stdin)" "$(body "$T/lost")"
# A report, and after it a mail that comes back.
report=$(grep -l mp40-lost "$MAILDIR_A"/new/*)
sed '/^Subject: Delivery/s/$/ mp40-echo/; s/^From: .*/From: alice@p1.test/' "$report" | put A bob@p2.test
msg alice@p1.test bob@p2.test mp40-later x | put A bob@p2.test
expect 'MP-40 a report is sent like any mail' "$(status_of A outbox.mails)" 2
reported A 'Delivery failure, timeout' mp40-later
expect 'MP-40 both have left the outbox' "$(status_of A outbox.mails)" 0
expect 'MP-40 nothing is reported about a report' "$(grep -l mp40-echo "$MAILDIR_A"/new/* | wc -l)" 0
postern testnet start --dir "$T" p2; P2_PID=$(cat "$P2_DATA/pid")

# A sender is away for longer than the parts of its mail wait for the rest.
tuned A; tuned B "ReceiveTimeout = $RECEIVE_SECONDS"
head -c 2000000 /dev/urandom | base64 >"$T/long"
settle
is_partly_there(){ [ "$(status_of B fragments)" -gt 0 ]; }
msg alice@p1.test bob@p2.test mp40-torn '' | cat - "$T/long" | put A bob@p2.test
eventually is_partly_there; kill -9 "$PID_A"; ended "$PID_A"
reported B 'Receive failure, timeout' ''
expect 'MP-40 a mail of which parts are missing' "$(reports B 'Receive failure, timeout' '')" \
  'multipart/report <>, delivered bob@p2.test 5.4.7, application/octet-stream'
named=$(attached B 'Receive failure, timeout' '' | grep -cE '^\[MISSING BLOCK [0-9-]+/[0-9]+\]')
expect 'MP-40 they are named' "$((named > 0))" 1
restart A; settle
expect 'MP-40 what comes of it later begins nothing' "$(status_of B fragments)" 0
expect 'MP-40 there is one report' "$(reports B 'Receive failure, timeout' '' | wc -l)" 1
expect 'MP-40 there is no mail' "$(titled B mp40-torn | wc -l)" 0
tuned B

# Keys that are asked for.
discovering C
key=$(ask A 'GET_RECIPIENT bob@p2.test' | cut -d' ' -f2)
msg carol@p1.test bob@p2.test mp40-found x | put C bob@p2.test
reported C 'Key Discovery' ''
expect 'MP-40 a key that was found' "$(reports C 'Key Discovery' "$key")" \
  'multipart/mixed <>, text/plain'
expect 'X-9 it names the recipient, not ourselves' \
  "$(attached C 'Key Discovery' "$key" | grep -oE '[a-z]+@p[12]\.test' | sort -u)" bob@p2.test
msg carol@p1.test ghost@p2.test mp40-ghost x | put C ghost@p2.test
reported C 'Delivery failure' mp40-ghost
expect 'MP-40 a key that there is not' "$(reports C 'Delivery failure' mp40-ghost)" \
  'multipart/report <>, failed ghost@p2.test 5.0.0, message/rfc822'

# BF-1: that mail has come is told within two seconds, and nothing of the mail.
postern watch --notices --json -f "$CONF_B" >"$T/notices" 2>"$T/watching" & watching=$!
eventually test -s "$T/watching"
before=$(mails B); arrived(){ [ "$(mails B)" -gt "$before" ]; }
msg alice@p1.test bob@p2.test bf1-secret bf1-secret | put A bob@p2.test
eventually arrived; began=$(date +%s%N)
eventually test -s "$T/notices"
expect 'BF-1 a line within two seconds of delivery' "$(( ($(date +%s%N) - began) / 1000000 < 2000 ))" 1
expect 'BF-1 with account and count, and nothing else' "$(cat "$T/notices")" '{"account":"bob@p2.test","count":1}'
kill "$watching"; ended "$watching"

reconfigure B "\$a [[Notify]]\nExec = [\"/bin/sh\", \"-c\", \"cat >>'$T/told'\"]\n[[Notify]]\nExec = [\"/nowhere/at/all\"]"
msg alice@p1.test bob@p2.test bf1-exec x | put A bob@p2.test
eventually test -s "$T/told"
expect 'BF-1 a program is told the same' "$(cat "$T/told")" '{"account":"bob@p2.test","count":1}'
eventually sh -c "cat '$MAILDIR_B'/new/* | grep -q '^Subject: bf1-exec'"
expect 'BF-1 one that cannot be run is no harm to mail' "$(grep -ls '^Subject: bf1-exec' "$MAILDIR_B"/new/* | wc -l | tr -d ' ')" 1
sed -i '/^\[\[Notify\]\]/,$d' "$CONF_B"; reconfigure B ''

# X-3: mail that waits for a key survives a kill, and ends in delivery or exactly one report.
discovering C
had=$(status_of B inbox.count)
waiting(){ postern queue list -f "$CONF_C" --json | grep -o '"state":"awaiting-key"' | wc -l; }
reports(){ local i; for i in $(seq "$(mails C)"); do pop C "$i"; done | grep -c "^Final-Recipient: .*$1"; }
has_reports(){ [ "$(reports "$1")" -ge 1 ]; }
again(){ kill -9 "$PID_C"; ended "$PID_C"; restart C; }

# Its provider is silent for a while.
kill -STOP "$P2_PID"
msg carol@p1.test bob@p2.test waiting x | put C bob@p2.test
again
expect 'X-3 the mail waits for its key, after a kill too' "$(waiting)" 1
kill -CONT "$P2_PID"
has_one_more(){ [ "$(status_of B inbox.count)" -gt "$had" ]; }
eventually has_one_more || eventually has_one_more
settle
expect 'X-3 it is delivered, once' "$(status_of B inbox.count)" $((had + 1))

# Its provider stays silent, and its time is over when the daemon comes back.
kill -STOP "$P2_PID"
msg carol@p1.test ghost@p2.test lost x | put C ghost@p2.test
again
expect 'X-3 a mail to nobody waits as well' "$(waiting)" 1
tuned C 'UrgentQueueLifetime = 1'
eventually has_reports ghost@p2.test
again
expect 'X-3 it comes back, once' "$(reports ghost@p2.test)" 1
expect 'X-3 and waits no more' "$(waiting)" 0
kill -CONT "$P2_PID"
tuned C

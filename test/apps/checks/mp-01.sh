# MP-1: ordinary mail programs send and receive.
msg alice@p1.test bob@p2.test hi x | put A bob@p2.test && settle
expect 'MP-1 a mail arrives' "$(pop B 1 | grep -c '^Subject: hi')" 1
expect 'MP-1 and is filed in the Maildir' "$(cat "$MAILDIR_B"/new/* | grep -c '^Subject: hi')" 1

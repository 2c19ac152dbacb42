# MX-16, MX-21: six hours without a mix, then without the authority, on virtual time: no mail is lost.
count(){ cat "$MAILDIR_B"/new/* 2>/dev/null | grep -c "^Subject: $1"; }
postern testnet crash --dir "$T" mix2
for each in 1 2 3; do msg alice@p1.test bob@p2.test "mx16 $each" x | put A bob@p2.test; tick 2h; done
expect 'MX-16 nothing passes a mix that is away' "$(count mx16)" 0
postern testnet start --dir "$T" mix2; settle
expect 'MX-16 all arrive when it is back after six hours' "$(count mx16)" 3

# Folders: what is dropped is sent and shows how it does; what is received comes into Maildir and mbox.
subjects(){ cat "$1"/new/* "$1"/cur/* 2>/dev/null | grep "^Subject: $2"; }
arrived(){ [ "$(subjects "$MAILDIR_B" "$1" | wc -l | tr -d ' ')" -ge "$2" ]; }
dropped(){ msg alice@p1.test "$1" "$2" "$3" >"$DROP_A/.w"; mv "$DROP_A/.w" "$DROP_A/$4"; }

dropped bob@p2.test one x new/1.a.host
dropped bob@p2.test two x cur/2.b.host:2,S
dropped bob@p2.test three x three.eml
dropped eve@nowhere.test bad x new/bad
eventually test -e "$DROP_A/.Sent/cur"; settle
eventually arrived '\(one\|two\|three\)' 3
expect 'the drop folder sends from new, cur and itself' \
  "$(subjects "$MAILDIR_B" '\(one\|two\|three\)' | sort -u | wc -l | tr -d ' ')" 3
expect 'what was sent is in .Sent' "$(subjects "$DROP_A/.Sent" '\(one\|two\|three\)' | wc -l | tr -d ' ')" 3
eventually sh -c "ls '$DROP_A'/.Failed/new/bad.*.report"
expect 'what cannot be sent is in .Failed' "$(subjects "$DROP_A/.Failed" bad | wc -l | tr -d ' ')" 1
expect 'with the reason beside it' "$(cat "$DROP_A"/.Failed/new/bad.*.report | grep -c 'No key is known for eve@nowhere.test')" 1
expect 'and nowhere else' "$(find "$DROP_A/new" "$DROP_A/cur" -type f | wc -l | tr -d ' ')" 0

# mboxes, rules and the command behind a delivery.
printf '#!/bin/sh\necho ran >>"%s"\n' "$T/hook.said" >"$T/hook"; chmod +x "$T/hook"
reconfigure B "/^Maildir = /s#^#Mbox = \"$T/B.mbox\"\nDropMbox = \"$T/B.out\"\nPostDeliver = [\"$T/hook\"]\n#; /^\[Recipients\]/s#^#[[Account.Rule]]\nSender = \"alice@p1.test\"\nFolder = \"Alice\"\n\n#"
msg alice@p1.test bob@p2.test ruled 'From here on' | put A bob@p2.test; settle
eventually sh -c "cat '$MAILDIR_B'/.Alice/new/* | grep -q '^Subject: ruled'"
expect 'a rule puts mail into a folder' "$(subjects "$MAILDIR_B/.Alice" ruled | wc -l | tr -d ' ')" 1
eventually grep -q '^Subject: ruled' "$T/B.mbox"
expect 'an mbox gets it too, quoted' "$(grep -c '^>From here on' "$T/B.mbox")" 1
eventually test -s "$T/hook.said"
expect 'the command behind the delivery ran' "$(test -s "$T/hook.said" && echo yes)" yes
{ echo 'From bob Sat Nov 21 00:00:00 2026'; msg bob@p2.test alice@p1.test drained x; echo; } >>"$T/B.out"
eventually test -s "$T/B.out.sent"; settle
eventually sh -c "cat '$MAILDIR_A'/new/* | grep -q '^Subject: drained'"
expect 'an mbox is drained' "$(subjects "$MAILDIR_A" drained | wc -l | tr -d ' ')" 1
expect 'and its mail kept beside it' "$(grep -c '^Subject: drained' "$T/B.out.sent")" 1

# From one machine to another.
postern export -f "$CONF_B" --mbox "$T/export.mbox" >/dev/null
expect 'export writes what POP3 has not fetched' "$(grep -c '^Subject: ruled' "$T/export.mbox")" 1
postern import -f "$CONF_A" --mbox "$T/export.mbox" >/dev/null
eventually sh -c "cat '$MAILDIR_A'/new/* | grep -q '^Subject: ruled'"
expect 'import puts it into an inbox' "$(subjects "$MAILDIR_A" ruled | wc -l | tr -d ' ')" 1

# Two hundred at once, while the daemon is killed three times; the rule puts them where they belong.
many(){ subjects "$MAILDIR_B/.Alice" 'many '; }
all_there(){ [ "$(many | wc -l | tr -d ' ')" -ge 200 ]; }
for i in $(seq 200); do dropped bob@p2.test "many $i." x "new/many$i"; done
for kill in 1 2 3; do sleep 1; kill -9 "$PID_A"; ended "$PID_A"; restart A; done
eventually all_there || eventually all_there
settle
expect 'of two hundred each arrives' "$(many | sort -u | wc -l | tr -d ' ')" 200
expect 'once, through three kills' "$(many | wc -l | tr -d ' ')" 200
expect 'and is kept once' "$(subjects "$DROP_A/.Sent" 'many ' | wc -l | tr -d ' ')" 200

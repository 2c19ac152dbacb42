# One shape whatever program wrote the mail, out of itself again, and through a whole network.
corpus=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../sanitise/corpus" && pwd)
shape(){ sed 's/<[^>]*@/<ID@/;s/=_[0-9a-f]*/=_B/g;s/^Date:.*/Date: D/' | sha256sum; }
for kind in new reply attachment; do
  shapes=$(for m in "$corpus"/*."$kind".eml; do postern filter <"$m" | shape; done | sort -u | wc -l)
  expect "HS-20: one shape of each program's $kind" "$shapes" 1
done
x=$corpus/outlook.attachment.eml
postern filter --seed 1 <"$x" >"$T/once"
postern filter --seed 1 <"$T/once" >"$T/twice"
expect 'HS-20: idempotent' "$(cmp "$T/once" "$T/twice" && echo same)" same
postern explain <"$x" >"$T/explained"; expect 'HS-19: nothing is left of a clean mail' $? 0
expect 'HS-19: each leak is shown' "$(grep -c 'X-Mailer: Microsoft Outlook' "$T/explained")" 2
printf 'Subject: x\n\nsee /home/alice\n' | postern explain --json >"$T/left"; expect 'HS-19: exit 3 where one stays' $? 3
expect 'HS-18: the path is found' "$(grep -c '"kind":"path"' "$T/left")" 1

sed -i '0,/^ *Provider *=/s//  Sanitise = "full"\n&/' "$CONF_A"
reconfigure A ''
tr -d '\r' <"$corpus/claws.new.eml" | put A "$ADDR_B"
settle
got=$(pop B 1)
expect 'HS-1: through the network nothing of the program is left' \
  "$(printf '%s\n' "$got" | grep -vi '^x-katzenpost-sender' | grep -ciE 'leaky-host|\+0[19]00|claws|^x-|user-agent')" 0
expect 'HS-3: with an id of ours' "$(printf '%s\n' "$got" | grep -cE '^Message-ID: <[0-9a-f]{32}@anonymous.invalid>')" 1
expect 'HS-1: and the text arrives' "$(printf '%s\n' "$got" | grep -c 'der Entwurf ist fertig; 20 € fehlen noch.')" 1
refused=$(printf 'From: %s\nContent-Type: multipart/mixed\n\nx\n' "$ADDR_A" |
  curl -sv --crlf -u "$ADDR_A:$PASS_A" "smtp://$SMTP_A/localhost" --mail-from "$ADDR_A" --mail-rcpt "$ADDR_B" -T - 2>&1)
expect 'what would be broken is refused' "$(printf '%s' "$refused" | grep -c '554 5.6.0')" 1

# MP-35, MP-36, PM-5, X10, HS-16: recipients, and the header as it arrives.
expect 'MP-35 an unknown recipient is refused at RCPT, by name' \
  "$(rcpt A nobody@p2.test | grep -c '^550 5.1.1 .*<nobody@p2.test>')" 1
msg alice@p1.test bob@p2.test mp35-twice x | curl -sS --crlf -u "$ADDR_A:$PASS_A" "smtp://$SMTP_A/localhost" \
  --mail-from "$ADDR_A" --mail-rcpt bob@p2.test --mail-rcpt bob@p2.test --mail-rcpt BOB@P2.TEST -T -
settle
expect 'MP-35 two identical recipients get one copy' "$(grep -l mp35-twice "$MAILDIR_B"/new/* | wc -l)" 1

python3 - "$POP_B" "$ADDR_B" "$PASS_B" <<'P'
import poplib,sys
p=poplib.POP3(*sys.argv[1].rsplit(':',1)); p.user(sys.argv[2]); p.pass_(sys.argv[3])
for i in range(p.stat()[0]): p.dele(i+1)
p.quit()
P
{ printf 'Return-Path: <eve@p1.test>\nReceived: from laptop.home ([192.0.2.7])\nX-Originating-IP: 192.0.2.7\n'
  printf 'From: alice@p1.test\nTo: bob@p2.test\nSubject: mp36\n\n.\n..\n.dot\n\n'; } >"$T/mp36"
{ printf 'EHLO canary.laptop.home\nAUTH\nMAIL FROM:<alice@p1.test>\nRCPT TO:<bob@p2.test>\nDATA\n<'
  sed 's/^\./../; s/$/\\r\\n/' "$T/mp36" | tr -d '\n'; printf '\n.\n'; } |
  python3 "$here/smtp.py" "$SMTP_A" "$ADDR_A" "$PASS_A" >"$T/mp36.said"
expect 'MP-36 is accepted' "$(tail -1 "$T/mp36.said" | cut -c1-3)" 250
settle
expect 'PM-5 Return-Path is the account, in the first line' "$(pop B 1 | head -1 | tr -d '\r')" 'Return-Path: <alice@p1.test>'
expect 'MP-36 nothing that tells the way' "$(pop B 1 | grep -ciE '^(received|x-originating-ip):')" 0
expect 'MP-36 Message-ID and Date are there' "$(pop B 1 | grep -cE '^(Message-ID: <.+>|Date: .+ \+0000)')" 2
expect 'X-10 dot lines arrive as they were' "$(pop B 1 | body /dev/stdin | od -c)" "$(body "$T/mp36" | od -c)"
expect 'HS-16 the name in EHLO is nowhere' \
  "$(pop B 1 | grep -c canary.laptop) $(grep -rlaF canary.laptop "$DATA_A" "$DATA_B" | wc -l)" '0 0'

# HS-1 to HS-16 on one mail that does everything wrong, through the network.
sed -i '/^ *Sanitise/d' "$CONF_A"; sed -i '0,/^ *Provider *=/s//  Sanitise = "full"\n&/' "$CONF_A"; reconfigure A ''
python3 - >"$T/wrong" <<'P'
import base64
text=base64.b64encode('Grüße, und  ein Leerzeichen am Ende \r\nzweite Zeile\r\n'.encode('latin1')).decode()
print('''Received: from leaky-host (192.0.2.7) by leaky-host; Fri, 20 Nov 2026 14:26:37 +0900
Return-Path: <leaky@host.test>
X-Originating-IP: 192.0.2.7
user-agent: Leaky/1.0 (X11; leaky-host)
Organization: Leaky Ltd
Reply-To: leaky@host.test
Content-Language: ja
Thread-Topic: leaky
List-Id: leaky
Resent-From: leaky@host.test
From: "Alice" (leaky comment) <@leaky.test:alice@p1.test>
To: friends: "Leaky label" <bob@p2.test>, carol@p1.test (leaky);
Bcc: carol@p1.test
Subject: =?iso-8859-1?Q?AW:_Gr=FC=DFe?=
Date: Fri, 20 Nov 2026 14:26:37 +0900
Message-ID: <20261120142637.leaky@leaky-host>
In-Reply-To: <foreign.leaky@elsewhere.test>
MIME-Version: 1.0 (Leaky)
Content-Type: multipart/mixed; boundary="----=_LeakyPart_01DA"

This is a multi-part message in leaky format.
------=_LeakyPart_01DA
Content-Type: text/plain; reply-type=original; format=flowed; charset="iso-8859-1"; x-mac-type=leaky
Content-Transfer-Encoding: base64
X-Leaky: part

'''+text+'''
------=_LeakyPart_01DA
Content-Type: application/octet-stream; name="/home/leaky/plan.bin"; size=3
Content-Disposition: attachment; creation-date="Fri, 20 Nov 2026 14:26:37 +0900"; filename="/home/leaky/plan.bin"
Content-Description: leaky
Content-Transfer-Encoding: base64

AAEC
------=_LeakyPart_01DA
Content-Type: text/plain

-----BEGIN PGP MESSAGE-----
Version: Leaky 2
Comment: leaky

AAAA
-----END PGP MESSAGE-----
------=_LeakyPart_01DA--
leaky epilogue''')
P
curl -sS --crlf -u "$ADDR_A:$PASS_A" "smtp://$SMTP_A/leaky-ehlo" --mail-from "$ADDR_A" --mail-rcpt "$ADDR_B" -T "$T/wrong"
expect 'HS-1 the mail is taken' $? 0
settle
pop B "$(mails B)" >"$T/clean"
# clean WHAT: what the mail says at its recipient
clean(){ python3 - "$T/clean" "$1" <<'P'
import email,email.policy,re,sys
raw=open(sys.argv[1],'rb').read(); mail=email.message_from_bytes(raw,policy=email.policy.default)
old=email.message_from_bytes(raw); what=sys.argv[2]
ours=('Return-Path','Authentication-Results','X-Katzenpost-Sender')
parts=list(old.iter_parts()) if hasattr(old,'iter_parts') else old.get_payload()
print({
  'fields': lambda: ' '.join(k for k in old.keys() if k not in ours),
  'id': lambda: bool(re.fullmatch(r'<[0-9a-f]{32}@anonymous\.invalid>',old['Message-ID'])) and len(old['Message-ID'])<=64,
  'parent': lambda: bool(re.fullmatch(r'<[0-9a-f]{32}@anonymous\.invalid>',old['In-Reply-To'])),
  'date': lambda: bool(re.fullmatch(r'\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:00 \+0000',old['Date'])),
  'from': lambda: old['From'], 'to': lambda: old['To'], 'subject': lambda: str(mail['Subject']),
  'encoded': lambda: old['Subject'].startswith('=?UTF-8?B?'),
  'boundary': lambda: bool(re.fullmatch(r'=_[0-9a-f]{32}',old.get_boundary())),
  'types': lambda: ' | '.join(re.sub(r'\s+',' ',p['Content-Type']) for p in parts),
  'encodings': lambda: ' '.join(p['Content-Transfer-Encoding'] for p in parts),
  'text': lambda: parts[0].get_payload(decode=True).decode(),
  'around': lambda: (old.preamble or '').strip()+(old.epilogue or '').strip(),
  'line ends': lambda: len(re.findall(rb'(?<!\r)\n|\r(?!\n)',raw)),
  'armour': lambda: re.sub(r'\s+',' ',parts[2].get_payload()).strip(),
  'file': lambda: '%s %s %s'%(parts[1].get_filename(),parts[1].get_payload(decode=True)==b'\0\1\2','creation' in parts[1]['Content-Disposition']),
}[what]())
P
}
expect 'HS-1 only the fields of the list, in order' "$(clean fields)" \
  'From To Subject Date Message-ID In-Reply-To References MIME-Version Content-Type Content-Transfer-Encoding'
expect 'HS-1 nothing that leaked is left anywhere' "$(grep -ic 'leak' "$T/clean")" 0
expect 'HS-2 Message-ID' "$(clean id)" True
expect 'HS-3 a mail of elsewhere is not named' "$(clean parent)" True
expect 'HS-4 Date is in UTC, to the minute' "$(clean date)" True
expect 'HS-5 From is the account, without route and comment' "$(clean from)" 'Alice <alice@p1.test>'
expect 'HS-6 HS-7 recipients without labels, groups and comments' "$(clean to)" 'bob@p2.test, carol@p1.test'
expect 'HS-7 nor with a group' "$(grep -c 'friends' "$T/clean")" 0
expect 'HS-8 the subject says the same' "$(clean subject)" 'Re: Grüße'
expect 'HS-8 in one encoding' "$(clean encoded)" True
expect 'HS-9 the boundary is ours' "$(clean boundary)" True
expect 'HS-10 parameters are ours' "$(clean types)" \
  'text/plain; charset=utf-8 | application/octet-stream | text/plain; charset=utf-8'
expect 'HS-11 text is 8bit, files are base64' "$(clean encodings)" '8bit base64 7bit'
expect 'HS-12 no preamble, no epilogue' "$(clean around)" ''
expect 'HS-12 line ends are CRLF' "$(clean 'line ends')" 0
expect 'HS-14 armour without Version and Comment' "$(clean armour)" '-----BEGIN PGP MESSAGE----- AAAA -----END PGP MESSAGE-----'
expect 'HS-15 a file has its name alone' "$(clean file)" 'plan.bin True False'
expect 'HS-16 the name in EHLO is in no file' "$(grep -rlaF leaky-ehlo "$T/A" "$DATA_A" | wc -l | tr -d ' ')" 0

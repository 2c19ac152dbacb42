# Five replies through both sides stay one thread in each writer's mail, own copies among it.
thread=$T/thread; mkdir -p "$thread"/{A,B}/{new,cur,tmp}

# move X N: the file of the mail that a daemon delivered with that move
move(){ local m=MAILDIR_$1; grep -lsxE "move $2.?" "${!m}"/new/* "${!m}"/cur/*; }

# answers X N TO [FILE]: writes a mail as mail programs do, an answer to FILE if there is one; files its copy and sends it
answers(){
  local who=$1 a=ADDR_$1
  python3 - "${!a}" "$3" "$2" "${4:-}" >"$thread/$who/new/sent-$2" <<'P'
import email,sys
from email.message import EmailMessage
own,to,number,parent=sys.argv[1:]
mail=EmailMessage()
mail['From']=own; mail['To']=to; mail['Subject']='Re: chess' if parent else 'chess'
mail['Message-ID']='<%s.%s@host-of-%s>'%(number,'leaky',own.split('@')[0])
if parent:
    with open(parent,'rb') as f: answered=email.message_from_binary_file(f)
    mail['In-Reply-To']=answered['Message-ID']
    mail['References']=' '.join([*(answered['References'] or '').split(),answered['Message-ID']])
mail.set_content('move %s\n'%number)
sys.stdout.buffer.write(mail.as_bytes())
P
  put "$who" "$3" "$thread/$who/new/sent-$2"; settle
}

answers A 0 "$ADDR_B"
for number in 1 2 3 4 5; do
  if [ $((number % 2)) = 1 ]; then writer=B to=$ADDR_A; else writer=A to=$ADDR_B; fi
  answers $writer $number "$to" "$(move $writer $((number - 1)))"
done
for who in A B; do
  m=MAILDIR_$who
  grep -lE '^Subject: (Re: )?chess' "${!m}"/new/* "${!m}"/cur/* 2>/dev/null | xargs -I{} cp {} "$thread/$who/new/"
  other=$([ $who = A ] && echo bob || echo alice)
  expect "HS-2: $who learns of no id that the other's program made" "$(grep -l "host-of-$other" "$thread/$who"/new/* | wc -l | tr -d ' ')" 0
  if ! command -v notmuch >/dev/null; then
    expect "HS-3: one thread of $who # left out: notmuch is not on this machine" none none; continue
  fi
  printf '[database]\npath=%s\n[user]\nname=x\nprimary_email=x@x\n' "$thread/$who" >"$thread/$who.rc"
  NOTMUCH_CONFIG=$thread/$who.rc notmuch new --quiet
  expect "HS-3: all six mails are with $who" "$(NOTMUCH_CONFIG=$thread/$who.rc notmuch count '*')" 6
  expect "HS-3: in one thread of $who" "$(NOTMUCH_CONFIG=$thread/$who.rc notmuch count --output=threads '*')" 1
done

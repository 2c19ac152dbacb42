# Mail programs as people have them send a mail each, by SMTP or by sendmail; it arrives as written.
. "$here/mail-programs.sh"

if with swaks; then
  for method in PLAIN LOGIN; do
    alone swaks --server "$SMTP_A" --auth $method -au "$ADDR_A" -ap "$PASS_A" -f "$ADDR_A" -t bob@p2.test \
      --header "Subject: by-swaks-$method" --body '.dot' >"$T/said" 2>&1
    sends PM-3 by-swaks-$method $?
  done
fi
letter by-curl | put A bob@p2.test; sends PM-3 by-curl $?
if with msmtp; then
  letter by-msmtp | alone msmtp -C /dev/null --host="$host" --port="$port" --tls=off --auth=plain --user="$ADDR_A" \
    --passwordeval="echo $PASS_A" -f "$ADDR_A" bob@p2.test 2>"$T/said"; sends PM-3 by-msmtp $?
fi
for mutt in mutt neomutt; do
  with $mutt || continue
  common="set from=$ADDR_A realname=Alice copy=no use_from=yes"
  echo .dot | alone $mutt -F /dev/null -e "$common smtp_url=\"smtp://$user:$PASS_A@$SMTP_A\" smtp_authenticators=plain ssl_starttls=no ssl_force_tls=no" \
    -s by-$mutt-smtp bob@p2.test >"$T/said" 2>&1; sends PM-3 by-$mutt-smtp $?
  echo .dot | alone $mutt -F /dev/null -e "$common use_envelope_from=yes sendmail=\"$POSTERN_SENDMAIL\"" \
    -s by-$mutt-sendmail bob@p2.test >"$T/said" 2>&1; sends sendmail by-$mutt-sendmail $?
done
if with s-nail; then
  echo .dot | alone s-nail -:/ -Sv15-compat -Smta="smtp://$user:$PASS_A@$SMTP_A" -Ssmtp-auth=plain -Ssmtp-config=-starttls \
    -Sfrom="$ADDR_A" -s by-s-nail-smtp bob@p2.test >"$T/said" 2>&1; sends PM-3 by-s-nail-smtp $?
  echo .dot | alone s-nail -:/ -Sv15-compat -Smta="$POSTERN_SENDMAIL" -Sfrom="$ADDR_A" -r "$ADDR_A" \
    -s by-s-nail-sendmail bob@p2.test >"$T/said" 2>&1; sends sendmail by-s-nail-sendmail $?
fi
if perl -MMail::Address -MAuthen::SASL -e 1 2>/dev/null && git send-email -h 2>&1 | grep -q smtp-server; then
  mkdir "$T/repository"; cd "$T/repository" || exit 1
  alone git init -q .; alone git config user.email "$ADDR_A"; alone git config user.name Alice
  echo .dot >file; alone git add file; alone git commit -qm by-git
  alone git format-patch -q --root -o "$T/patches"
  alone git send-email --quiet --confirm=never --from="$ADDR_A" --to=bob@p2.test --subject-prefix= \
    --smtp-server="$host" --smtp-server-port="$port" --smtp-user="$ADDR_A" --smtp-pass="$PASS_A" --smtp-auth=PLAIN \
    "$T"/patches/*.patch >"$T/said" 2>&1
  expect 'git send-email by SMTP' $? 0
  alone git send-email --quiet --confirm=never --from="$ADDR_A" --to=bob@p2.test \
    --sendmail-cmd="$POSTERN_SENDMAIL -i" "$T"/patches/*.patch >"$T/said" 2>&1
  expect 'git send-email by sendmail' $? 0
  patches(){ [ "$(grep -ls '^Subject: .*by-git' "$MAILDIR_B"/new/* | wc -l)" = 2 ]; }
  eventually patches
  expect 'git send-email: both patches arrive whole' \
    "$(grep -lE '^\+\.dot' $(grep -ls '^Subject: .*by-git' "$MAILDIR_B"/new/*) | wc -l | tr -d ' ')" 2
  cd - >/dev/null || exit 1
else
  echo 'skipped: git send-email, or a Perl module that it needs, is not installed'
fi

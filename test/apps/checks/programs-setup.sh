# PM-26: what postern setup prints is used as it is, to send and to fetch; nothing of it tells the host.
mkdir -p "$T/bin" "$T/setup"; printf '#!/bin/sh\nexec "%s" "$@"\n' "${POSTERN:-postern}" >"$T/bin/postern"; chmod +x "$T/bin/postern"
on_board(){ command -v "$1" >/dev/null && return 0; echo "ok setup of $1 # left out: it is not on this machine"; facts=$((facts + 1)); return 1; }
# snippet X PROGRAM [--password]: in a file of its own
snippet(){ local c=CONF_$1 file=$T/setup/$2; (umask 077; postern setup "$2" -f "${!c}" ${3:-} >"$file"); echo "$file"; }
is_there(){ grep -qs "^Subject: .*$1" "$MAILDIR_B"/new/*; }
came(){ eventually is_there "$1"; cat "$MAILDIR_B"/new/* | grep -c "^Subject: .*$1"; }
leaks(){ grep -ls "^Subject: .*$1" "$MAILDIR_B"/new/* | xargs grep -ciE "$(hostname)|user-agent|x-mailer|[+-]0[1-9]00" ; }
as_a_person(){ (PATH=$T/bin:$PATH; export PATH TZ=Asia/Tokyo; timeout 60 "$@" >"$T/setup/screen" 2>&1); }

if on_board msmtp; then
  msg alice@p1.test bob@p2.test setup-msmtp x | as_a_person msmtp -C "$(snippet A msmtp)" bob@p2.test
  expect 'PM-26 msmtp sends by its snippet' "$(came setup-msmtp)" 1
  expect 'PM-26 and tells nothing' "$(leaks setup-msmtp)" 0
fi
for program in mutt neomutt; do
  on_board $program || continue
  echo x | as_a_person $program -n -F "$(snippet A $program)" -e 'set copy=no' -s "setup-$program" bob@p2.test
  expect "PM-26 $program sends by its snippet" "$(came "setup-$program")" 1
  expect 'PM-26 and tells nothing' "$(leaks "setup-$program")" 0
done
if git send-email -h 2>&1 | grep -q -- --smtp-server; then
  git init -q "$T/setup/work"
  printf 'From 0 Mon Sep 17 00:00:00 2001\nFrom: alice@p1.test\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nSubject: [PATCH] setup-git\n\nx\n---\n' >"$T/setup/0001.patch"
  export GIT_{AUTHOR,COMMITTER}_NAME=alice GIT_{AUTHOR,COMMITTER}_EMAIL=alice@p1.test
  GIT_CONFIG_GLOBAL=$(snippet A git) as_a_person git -C "$T/setup/work" mail --to bob@p2.test --confirm=never "$T/setup/0001.patch"
  expect 'PM-26 git sends by its snippet' "$(came setup-git)" 1
  expect 'PM-26 and tells nothing' "$(leaks setup-git)" 0
else
  echo 'ok setup of git send-email # left out: it is not on this machine'; facts=$((facts + 1))
fi
if on_board notmuch; then
  # Beside the Maildir, not in it: others read that too.
  config=$(snippet B notmuch); cp -r "$MAILDIR_B" "$T/setup/copy"; sed -i "s#$MAILDIR_B#$T/setup/copy#" "$config"
  notmuch --config="$config" new >/dev/null 2>&1
  expect 'PM-26 notmuch reads by its snippet' "$(( $(notmuch --config="$config" count '*') > 0 ))" 1
fi
if on_board aerc; then
  # at_terminal X STEP KEYS ...: aerc with the snippet of X, on a copy of the Maildir
  at_terminal(){
    local maildir=MAILDIR_$1 home=$T/setup/home_$1; mkdir -p "$home/aerc"; cp -r "${!maildir}" "$home/mails"
    (umask 077; sed "s#^source = maildirpp://.*#source = maildirpp://$home/mails#" "$(snippet "$1" aerc)" >"$home/aerc/accounts.conf")
    XDG_CONFIG_HOME=$home XDG_RUNTIME_DIR=$home HOME=$home EDITOR=true LANG=C.UTF-8 as_a_person python3 "$here/terminal.py" 40 "${@:2}" -- aerc
  }
  at_terminal A Connected ':compose -H "To: bob@p2.test" -H "Subject: setup-aerc"\r' 'Send this email' y +5 ':quit\r'
  expect 'PM-26 aerc ends well' "$?" 0
  expect 'PM-26 aerc sends by its snippet' "$(came setup-aerc)" 1
  expect 'PM-26 and tells nothing' "$(leaks setup-aerc)" 0
  at_terminal B setup-aerc ':quit\r'
  expect 'PM-26 aerc reads by its snippet' "$?" 0
fi
expect 'PM-26 no snippet holds the password' "$(grep -l "$PASS_A" "$T"/setup/* 2>/dev/null | wc -l | tr -d ' ')" 0

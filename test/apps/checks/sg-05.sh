# SG-5: any mail program through the filter, without a log-in of its own.
. "$here/mail-programs.sh"
L=$(python3 -c 'import socket;s=socket.socket();s.bind(("127.0.0.1",0));print(s.getsockname()[1])')
(umask 077; printf '%s\n%s\n' "$ADDR_A" "$PASS_A" >"$T/secret")
export XDG_RUNTIME_DIR=$T/filters; mkdir -m 700 -p "$XDG_RUNTIME_DIR"
postern filter smtp --listen ":$L" --to "$SMTP_A" --from "$ADDR_A" --credentials "$T/secret" >"$T/filter" 2>&1 &
eventually grep -q '^filtering from' "$T/filter"

if with swaks; then
  alone swaks --server "127.0.0.1:$L" -f "$ADDR_A" -t bob@p2.test --header 'Subject: sg-swaks' --body '.dot' >"$T/said" 2>&1
  sends 'SG-5' sg-swaks $?
fi
if with msmtp; then
  letter sg-msmtp | alone msmtp -C /dev/null --host=127.0.0.1 --port="$L" --tls=off --auth=off -f "$ADDR_A" bob@p2.test 2>"$T/said"
  sends 'SG-5' sg-msmtp $?
fi
if with mutt; then
  echo .dot | alone mutt -F /dev/null -e "set from=$ADDR_A copy=no use_from=yes smtp_url=\"smtp://127.0.0.1:$L\" ssl_starttls=no ssl_force_tls=no" \
    -s sg-mutt bob@p2.test >"$T/said" 2>&1; sends 'SG-5' sg-mutt $?
fi
if with s-nail; then
  echo .dot | alone s-nail -:/ -Sv15-compat -Smta="smtp://127.0.0.1:$L" -Ssmtp-auth=none -Ssmtp-config=-starttls \
    -Sfrom="$ADDR_A" -s sg-s-nail bob@p2.test >"$T/said" 2>&1; sends 'SG-5' sg-s-nail $?
fi
expect 'SG-5 the filter goes on' "$(postern filter stop --listen ":$L" >/dev/null && echo yes)" yes
unset XDG_RUNTIME_DIR

# MP-24: an account on a running network without editing anything, and the reference's flags.
begun=$(date +%s)
postern init --provider p1.test --user zed --dir "$T/z" --yes >"$T/init" 2>&1
expect 'MP-24 init finishes in one go' $? 0
CONF_Z=$T/z/config.toml
postern daemon -f "$CONF_Z" >"$T/z/out" 2>&1 & disown
eventually is_connected Z; eventually test -s "$T/z/data/pid"; PID_Z=$(cat "$T/z/data/pid")
shown=$(postern account show -f "$CONF_Z" --json)
shown_as(){ printf %s "$shown" | python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
ADDR_Z=$(shown_as account) PASS_Z=$(shown_as password) SMTP_Z=$(shown_as smtp) POP_Z=$(shown_as pop3)
msg zed@p1.test bob@p2.test 'zed was here' x | put Z bob@p2.test
expect 'MP-24 its mail is taken' $? 0
has_come(){ cat "$MAILDIR_B"/new/* 2>/dev/null | grep -q '^Subject: zed was here'; }
eventually has_come
expect 'MP-24 and arrives' "$(cat "$MAILDIR_B"/new/* | grep -c '^Subject: zed was here')" 1
expect 'MP-24 within a minute' "$(( $(date +%s) - begun < 60 ))" 1
expect 'MP-24 everything is private' "$(find "$T/z" -perm /077 ! -name out)" ''
postern init --dir "$T/z" --yes >"$T/init" 2>&1
expect 'MP-24 again changes nothing' "$? $(grep -c 'knows zed@p1.test' "$T/init")" '0 1'
kill "$PID_Z"; ended "$PID_Z"
postern init --provider p1.test --user alice --dir "$T/taken" --yes >"$T/init" 2>&1
expect 'MP-24 a name that is taken' "$? $(grep -c 'ADD_USER alice ' "$T/init")" '1 1'
postern init --dir "$T/taken" --user yan --yes >"$T/init" 2>&1
expect 'MP-24 another name goes on' "$?" 0

web=$(sed -n 's|^UserRegistrationHTTPAddresses = \[ "\(.*\)" \]|\1|p' "$P1_CONF")
postern daemon -r -account xena -provider p1.test -authority "$AUTH_ADDR" -authorityKey="$AUTH_KEY" \
  -registrationAddr "$web" -registrationWithoutHttps -dataDir "$T/x" >"$T/init" 2>&1
code=$? SOCK_P=$P1_SOCK
expect "MP-24 the reference's flags register" "$code $(starts "$(ask P 'USER_LINK xena')" '250 ')" '0 yes'
expect "MP-24 and put the files where it does" \
  "$(cd "$T/x" && find mailproxy.toml xena@p1.test -type f | sort | tr '\n' ' ')" \
  "mailproxy.toml $(printf 'xena@p1.test/%s ' identity.private.pem identity.public.pem link.private.pem link.public.pem)"
postern daemon -f "$T/x/mailproxy.toml" -g >"$T/init" 2>&1
expect 'MP-24 -g makes keys and ends' "$? $(grep -c '^xena@p1.test ' "$T/init")" '0 1'
postern daemon -r -dataDir "$T/w" >"$T/init" 2>&1
expect 'MP-24 -r without an account is wrong usage' "$?" 2

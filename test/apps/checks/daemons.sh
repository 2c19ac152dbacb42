# Daemons of a check's own beside those of the network: several accounts, other networks, a proxy.
SOCK_P1=$P1_SOCK SOCK_P2=$P2_SOCK
OWN=${OWN:-}

# authority LABEL ADDRESS KEY: a table for a configuration; networks of one test agree in all else
authority(){
  printf '[NonvotingAuthority.%s]\nAddress = "%s"\nPublicKey = "%s"\n' "$@"
  sed -n '/^\[NonvotingAuthority/,/^$/p' "$CONF_A" | grep -E '^(EpochPeriod|UserPayload) '
}

# account USER PROVIDER AUTHORITY
account(){ printf '[[Account]]\nUser = "%s"\nProvider = "%s"\nAuthority = "%s"\n' "$@"; }

# recipients NAME=KEY...
recipients(){ echo '[Recipients]'; for each; do echo "\"${each%%=*}\" = \"${each#*=}\""; done; }

# own_daemon NAME: its configuration, from standard input, and its keys
own_daemon(){
  mkdir -p "$T/$1"; eval "CONF_$1=\$T/$1/config.toml"
  { printf '[Proxy]\nDataDir = "%s"\nSMTPAddress = "127.0.0.1:0"\nPOP3Address = "127.0.0.1:0"\n' "$T/$1/data"; cat; } \
    >"$T/$1/config.toml"
  postern daemon -g -f "$T/$1/config.toml" >"$T/$1/keys" || echo "not ok the keys of $1"
}

# patiently COMMAND...: a busy machine loses packets, and lost ones are sent again late
patiently(){ until_ok 240 "$@"; }

# key_of CONF ACCOUNT FIELD: of postern account show, such as identityKey
key_of(){ postern account show -f "$1" --account "$2" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]] or "")' "$3"; }

# enrol CONF USER@PROVIDER SOCKET: makes the user known to the provider, or its new keys
enrol(){
  SOCK_enrol=$3
  local verb; for verb in ADD_USER UPDATE_USER; do
    ask enrol "$verb ${2%%@*} $(key_of "$1" "$2" linkKey)" >/dev/null
  done
  ask enrol "SET_USER_IDENTITY ${2%%@*} $(key_of "$1" "$2" identityKey)" >/dev/null
}

# start_own NAME [COMMAND...]: in the background, below COMMAND where there is one
start_own(){
  local name=$1 c=CONF_$1; shift
  "$@" "${POSTERN:-postern}" daemon -f "${!c}" >>"$T/$name/output" 2>&1 &
  eval "PID_$name=$!"; OWN="$OWN $!"
  disown
}

stop_own(){ local p=PID_$1; kill "${!p}" 2>/dev/null; ended "${!p}"; }

# person NAME CONF ACCOUNT: variables for put and pop
person(){
  eval "ADDR_$1=$3 SMTP_$1=$(key_of "$2" "$3" smtp) POP_$1=$(key_of "$2" "$3" pop3) PASS_$1=$(key_of "$2" "$3" password)"
}

# connection CONF ACCOUNT
connection(){ postern account list -f "$1" | sed -n "s/^$2: //p"; }
is_state(){ [ "$(connection "$1" "$2")" = "$3" ]; }
# has_mail NAME COUNT: at least so many
has_mail(){ [ "$(mails "$1")" -ge "$2" ]; }
in_maildir(){ grep -qs "^Subject: $2" "$1"/new/*; }

# start_proxy LOG [HOST]: a proxy that notes user and target of each request; sets PROXY and PID_proxy
start_proxy(){
  python3 "$(dirname "${BASH_SOURCE[0]}")/proxy.py" "$@" >"$1.port" 2>/dev/null &
  PID_proxy=$!; OWN="$OWN $!"
  disown
  eventually test -s "$1.port"
  PROXY=127.0.0.1:$(cat "$1.port")
}

upstream(){ printf '[UpstreamProxy]\nType = "%s"\nNetwork = "tcp"\nAddress = "%s"\n' "$1" "$PROXY"; }

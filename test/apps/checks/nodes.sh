# Nodes of a check's own beside those of the network, and what nodes are asked.
CONF_AUTH=$T/auth/config.toml

# field PATH: of the JSON on standard input, such as queues/mix; 0 where there is none
field(){ python3 -c '
import json,sys
value=json.load(sys.stdin)
for name in sys.argv[1].split("/"): value=value.get(name,0)
print(value if isinstance(value,str) else json.dumps(value))' "$1"; }

# own_mix NAME: a mix that no authority knows; it agrees with the network in all else
own_mix(){
  postern node mix init --dir "$T/$1" --identifier "$1" --address 127.0.0.1:0 \
    --authority "$AUTH_ADDR" --authority-key "$AUTH_KEY" >"$T/$1.init" || echo "not ok init of $1"
  local agreed; for agreed in EpochPeriod UserPayload; do
    sed -i "s/^# $agreed =.*/$(sed -n "/^$agreed = /p" "$MIX1_CONF")/" "$T/$1/katzenpost.toml"
  done
}

# mix VERB NAME [WORD...]: what the operator of such a mix says
mix(){ local verb=$1 name=$2; shift 2; postern node mix "$verb" -f "$T/$name/katzenpost.toml" "$@"; }

# set_key NAME KEY VALUE: the first line of the key, which init has left commented or written
set_key(){ sed -i -E "0,/^(# )?$2 =.*/s||$2 = $3|" "$T/$1/katzenpost.toml"; }
# open_table NAME TABLE: such as Mixing
open_table(){ sed -i "s/^# \[$2\]/[$2]/" "$T/$1/katzenpost.toml"; }

pid_of(){ cat "$T/$1/data/pid"; }
# One that has ended and was not looked at yet is not alive.
alive(){ grep -qs '^State:.[^Z]' "/proc/$1/status" && echo yes; }

# told CONF PATH: a field of the status of a mix of the network
told(){ postern node mix status -f "$1" --json | field "$2"; }

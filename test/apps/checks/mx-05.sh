# MX-5: mix keys are destroyed before their time; a node that has lost them drops what was made for them.
. "$here/nodes.sh"
postern node mix delkeys --all --yes -f "$MIX3_CONF" >/dev/null 2>"$T/said"
expect 'MX-5 not while it runs' "$? $(grep -c 'running already' "$T/said")" '1 1'
postern node mix stop -f "$MIX3_CONF" >/dev/null
postern node mix delkeys --all -f "$MIX3_CONF" >/dev/null 2>&1
expect 'MX-5 not without --yes' "$?" 2
keys(){ (cd "$MIX3_DATA" && ls ./*.pem | sort | xargs sha256sum); }
kept=$(keys)
gone=$(postern node mix delkeys --all --yes -f "$MIX3_CONF" --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["epochs"]))')
expect 'MX-5 all mix keys go' "$(( gone >= 3 ))" 1
expect 'MX-5 the identity stays' "$(keys)" "$kept"
postern node mix start --daemon -f "$MIX3_CONF" >/dev/null
keys_of(){ told "$1" mixKeys | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))'; }
expect 'MX-5 the next start makes new ones' "$(( $(keys_of "$MIX3_CONF") >= 3 ))" 1
dropped(){ [ "$(told "$MIX3_CONF" counters/drop.bad-mac)" -gt 0 ]; }
eventually dropped
expect 'MX-5 packets for the old keys are dropped and counted' "$(dropped && echo yes)" yes

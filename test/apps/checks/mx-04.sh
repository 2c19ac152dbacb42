# MX-4, MX-20, MX-25, MX-26, MX-31: descriptors go out, documents come in.
. "$here/nodes.sh"
for conf in "$MIX1_CONF" "$MIX2_CONF" "$MIX3_CONF"; do
  expect 'MX-20 a listed mix is in the document' "$(told "$conf" inDocument)" true
done
received(){ postern node authority status -f "$CONF_AUTH" --json | field counters/answered.post-descriptor; }
before=$(received)
epochs=$(postern node mix republish -f "$MIX1_CONF" --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["epochs"]))')
all_came(){ [ "$(received)" -ge $((before + epochs)) ]; }
eventually all_came
expect 'MX-4 the authority receives every descriptor once more' "$(( $(received) - before ))" "$epochs"

# Later in an epoch too, when it is too late for the next document.
own_mix d; mix start d --daemon >/dev/null
key=$(sed -n 's/^identity key: //p' "$T/d.init")
eventually test -s "$T/d/data/current-desc"
named=$(cat "$T/d/data/current-desc")
postern desc show "$named" >"$T/said"
expect 'MX-25 current-desc names a descriptor with a good signature' \
  "$? $(grep -cxF -e 'name: d' -e "identityKey: $key" -e 'signature: good' "$T/said")" '0 3'
python3 - "$named" "$T/forged" <<'P'
import sys
raw=bytearray(open(sys.argv[1],'rb').read()); raw[len(raw)//2]^=1; open(sys.argv[2],'wb').write(raw)
P
postern desc show "$T/forged" >"$T/said" 2>&1
expect 'MX-25 one that was changed is refused' "$?" 1

expect 'MX-26 version is a number' "$(grep -cE '^[0-9]+$' "$T/d/data/version")" 1
mix stop d >/dev/null; kept=$(cat "$T/d/data/version")
for other in 1 999 unknown; do
  echo $other >"$T/d/data/version"
  mix start d --nodaemon >/dev/null 2>"$T/said"
  expect "MX-26 with $other it is refused, and told of the upgrade" "$? $(grep -c 'postern upgrade' "$T/said")" '1 1'
done
echo 1 >"$T/d/data/version"
mix upgrade d >/dev/null
expect 'MX-26 the upgrade puts it right' "$? $(cat "$T/d/data/version")" "0 $kept"
mix start d --daemon >/dev/null
expect 'MX-26 and it starts' "$?" 0
mix stop d >/dev/null

for other in "$MIX2_ADDR" "$MIX3_ADDR" "$P1_ADDR" "$P2_ADDR" "$AUTH_ADDR"; do
  expect 'MX-31 a log at NOTICE has no address of another node' "$(grep -cF "$other" "$T/mix1/log")" 0
done
expect 'MX-31 the last document is kept' "$(test -s "$MIX1_DATA/documents" && echo yes)" yes

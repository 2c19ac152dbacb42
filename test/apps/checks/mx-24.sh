# MX-24: a mix that no document lists is tried by its descriptor, with the consent of its neighbours.
. "$here/nodes.sh"
eventually is_connected A; eventually is_connected B
own_mix t; open_table t Debug; set_key t TryNodes "[\"$T/t/data/current-desc\"]"
mix start t --daemon >/dev/null
on_trial(){ mix status t --json | field onTrial | grep -q '"t"'; }
eventually on_trial
links(){ mix status t --json | field connections/outgoingUp; }
expect 'MX-24 a mix tries itself' "$(on_trial && echo yes)" yes
received(){ mix status t --json | field counters/packets.received; }
desc=$(cat "$T/t/data/current-desc")
arrived(){ grep -rqs "^Subject: tried $1" "$MAILDIR_B/new"; }
through(){ postern send -f "$CONF_A" --path "$1" --subject "tried $2" --text hello "$ADDR_B" 2>&1; }
expect 'MX-24 without its neighbours nothing passes' "$(links) $(received)" '0 0'

for conf in "$MIX1_CONF" "$MIX2_CONF" "$MIX3_CONF" "$P1_CONF" "$P2_CONF"; do
  grep -q '^\[Debug\]' "$conf" || printf '\n[Debug]\n' >>"$conf"
  sed -i "s|^\[Debug\]|[Debug]\nTryNodes = [\"$T/t/data/current-desc\"]|" "$conf"
  case $conf in "$P1_CONF" | "$P2_CONF") role=provider ;; *) role=mix ;; esac
  postern node "$role" reload -f "$conf" >/dev/null || echo "not ok reload of $conf"
done
expect 'MX-24 check-config warns' "$(postern check-config "$MIX1_CONF" 2>&1 | grep -c 'warning: .*Debug.TryNodes')" 1
all_linked(){ [ "$(links)" = 5 ]; }
eventually all_linked || eventually all_linked
expect 'MX-24 its neighbours take its links' "$(links)" 5
expect 'MX-24 status says so' "$(told "$MIX1_CONF" onTrial)" '["t"]'
number=0
for path in "$desc,*" "?,$desc,?" "~2,$desc"; do
  number=$((number + 1)) before=$(received)
  through "$path" "$number" >/dev/null; code=$?
  eventually arrived "$number"
  expect "MX-24 a packet traverses it: ${path/"$desc"/descriptor}" \
    "$code $(arrived "$number" && echo arrived) $(( $(received) > before ))" '0 arrived 1'
done
expect 'MX-24 no document lists it' "$(mix status t --json | field inDocument)" false
before=$(received)
expect 'MX-24 a ping comes back' \
  "$(postern ping "$desc" -f "$CONF_A" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["returned"])')" 1
expect 'MX-24 the ping has crossed it' "$(( $(received) > before ))" 1
python3 - "$desc" "$T/forged.desc" <<'P'
import sys
raw=bytearray(open(sys.argv[1],'rb').read()); raw[len(raw)//2]^=1; open(sys.argv[2],'wb').write(raw)
P
through "$T/forged.desc,*" forged >"$T/said"; code=$?
expect 'MX-24 a changed descriptor is refused' "$code $(grep -c 'forged.desc: ' "$T/said")" '1 1'
for conf in "$MIX1_CONF" "$MIX2_CONF" "$MIX3_CONF" "$P1_CONF" "$P2_CONF"; do
  sed -i '/^TryNodes/d' "$conf"
  case $conf in "$P1_CONF" | "$P2_CONF") role=provider ;; *) role=mix ;; esac
  postern node "$role" reload -f "$conf" >/dev/null
done
none_linked(){ [ "$(links)" = 0 ]; }
eventually none_linked
expect 'MX-24 when nobody tries it any more, its links end' "$(links)" 0
mix stop t >/dev/null

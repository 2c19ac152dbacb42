# MX-52: a path is written by hand, kept with the mail and followed; locked, it is refused.
eventually is_connected A; eventually is_connected B
# mix N: the name of the mix in a layer
mix_in(){ postern ls nodes -f "$CONF_A" --json | python3 -c '
import json,sys
print(next(node["name"] for node in json.load(sys.stdin) if node["layer"]==int(sys.argv[1])))' "$1"; }
first=$(mix_in 0) second=$(mix_in 1) third=$(mix_in 2)
by(){ postern send -f "$CONF_A" --path "$1" --subject "by $2" --text hello "$ADDR_B" 2>&1; }
arrived(){ grep -rqs "^Subject: by $1" "$MAILDIR_B/new"; }
number=0
for path in "$first,$second,$third" '?,?,?' '*' '~3' "$first,*" "~1,$second,~1" "*,$third,p2.test"; do
  number=$((number + 1))
  by "$path" "$number" >/dev/null; code=$?
  eventually arrived "$number"
  expect "MX-52 by ${path//mix[0-9]/mix}" "$code $(arrived "$number" && echo arrived)" '0 arrived'
done
# refused WHAT PATH SAYS: exit code 1, and a sentence that names the item
refused(){
  local said; said=$(by "$2" nothing); local code=$?
  expect "MX-52 refused: $1" "$code $(grep -c "the path cannot be taken: item $3" <<<"$said")" '1 1'
}
refused 'an unknown mix' "$first,mix99,?" '2 (mix99) is no mix'
refused 'a mix of another layer' "$second,*" "1 ($second) is a mix of layer 1, and stands in layer 0"
refused 'too few' '?,?' '2 (?) leaves 1 layer uncrossed'
refused 'too many' '?,?,?,?' '4 (?) is one too many'
refused 'a second star' '*,*' '2 (\*) is a second'
refused 'a bad count' '~0' '1 (~0) is no sign'
refused 'a swap point' '?:?,?' '1 (?:?) has a swap point'
refused 'a provider inside' 'p1.test,*' '1 (p1.test) is a provider'
refused 'another exit' '*,p1.test' '2 (p1.test) is not where'
refused 'nothing' '' '1 is empty'

by "$first,*" killed >/dev/null
kill -9 "$PID_A"; ended "$PID_A"; restart A
eventually arrived killed
expect 'MX-52 a kill later the mail arrives' "$(grep -rls '^Subject: by killed' "$MAILDIR_B/new" | wc -l | tr -d ' ')" 1
expect 'MX-52 nothing that was refused was queued' "$(grep -rls '^Subject: by nothing' "$MAILDIR_B/new" | wc -l | tr -d ' ')" 0
tuned A
expect 'MX-52 locked unless the file unlocks it' "$(by '*' locked | grep -c 'PathsByHand = true under \[Debug\]')" 1

# MX-1, MX-8, MX-10, MX-12, MX-28, MX-57: a node is started, told what to say, and ended.
. "$here/nodes.sh"
own_mix m
mix start m --daemon >"$T/said"; code=$?
expect 'MX-1 start --daemon returns when it runs' "$code $(alive "$(pid_of m)")" '0 yes'
running=$(pid_of m)
mix stop m >"$T/said"; code=$?
expect 'MX-2 stop returns 0 when the process has ended' "$code $(alive "$running" || echo gone)" '0 gone'
for role in authority provider; do
  postern node $role start --help >"$T/said"
  expect "MX-1 $role has the same verb" "$? $(grep -c -- --daemon "$T/said")" '0 1'
done

for each in 1 2 3 4 5 6 7 8 9 10; do
  { mix start m --daemon >/dev/null 2>&1; echo $? >"$T/race.$each"; } & racers="${racers:-} $!"
done
wait $racers
expect 'MX-28 of ten that start at once one lives' "$(cat "$T"/race.* | sort | uniq -c | xargs)" '1 0 9 1'
expect 'MX-28 and the file names it' "$(alive "$(pid_of m)")" yes
kill -9 "$(pid_of m)"; ended "$(pid_of m)"
mix start m --daemon >/dev/null
expect 'MX-28 after kill -9 the next start works' "$? $(alive "$(pid_of m)")" '0 yes'

postern mixminion server-stop -f "$T/m/katzenpost.toml" >/dev/null 2>"$T/said"; code=$?
expect 'MX-8 the old spelling works, and says how it is spelled today' \
  "$code $(grep -c 'write postern node mix stop' "$T/said")" '0 1'

mix start m --quiet >"$T/said" 2>"$T/errors" & disown
eventually test -s "$T/m/data/pid"; mix stop m -Q >>"$T/said"
expect 'MX-10 a quiet one says nothing' "$(cat "$T/said" "$T/errors")" ''
mix start m --quiet --severity loud >"$T/said" 2>"$T/errors"
expect 'MX-10 but errors' "$? $(cat "$T/said")$(grep -c -- --severity "$T/errors")" '2 1'
open_table m Logging; set_key m File '"log"'
mix start m --echo >"$T/said" 2>&1 & disown
eventually test -s "$T/m/data/pid"; mix stop m >/dev/null
expect 'MX-10 --echo prints the log beside its file' \
  "$(grep -c 'mix: ready' "$T/said") $(grep -c 'mix: ready' "$T/m/data/log")" '1 1'
for verb in start stop reload republish delkeys stats upgrade; do
  mix $verb m --help >"$T/said" 2>&1
  expect "MX-10 $verb has help" "$? $(grep -c -- '--config' "$T/said")" '0 1'
done
mix start m --bogus >/dev/null 2>&1
expect 'MX-10 an unknown option is wrong usage' "$?" 2

chmod 644 "$T/m/data/identity.private.pem"
mix start m --daemon >/dev/null 2>"$T/said"; code=$?
expect 'MX-12 a key that others can read is refused by its path' \
  "$code $(grep -c "m/data/identity.private.pem: other users" "$T/said")" '1 1'
POSTERN_NO_FILE_PARANOIA=1 mix start m --daemon >/dev/null 2>&1
expect 'MX-12 unless the environment wants it, with a warning' \
  "$? $(grep -c 'not private' "$T/m/data/log")" '0 1'
mix stop m >/dev/null; chmod 600 "$T/m/data/identity.private.pem"

POSTERN_M=$T/m/katzenpost.toml
postern node mix check-config -f "$POSTERN_M" --json-fd 3 3>"$T/lines" >/dev/null
expect 'MX-57 every line is JSON, and the last one has the exit code' \
  "$(python3 -c 'import json,sys; print(*[json.loads(line)["type"] for line in open(sys.argv[1])])' "$T/lines")" 'data end'

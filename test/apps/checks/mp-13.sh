# MP-13: the five levels, whatever their case, and no other.
with_level(){ sed "s|^Level = .*|Level = \"$1\"|" "$CONF_A" >"$T/level.toml"; }
for level in ERROR WARNING NOTICE INFO DEBUG notice; do
  with_level $level; postern check-config "$T/level.toml" >/dev/null 2>&1
  expect "MP-13 $level is a level" "$?" 0
done
with_level TRACE; postern daemon -f "$T/level.toml" >"$T/level.out" 2>&1
expect 'MP-13 TRACE is none' "$?" 2
expect 'MP-13 and the line is named' "$(grep -cE 'level.toml:[0-9]+: Logging.Level' "$T/level.out")" 1
sed '/^Level = /d' "$CONF_A" >"$T/level.toml"
expect 'MP-13 the default is NOTICE' \
  "$(postern check-config --print-effective "$T/level.toml" | grep -c 'Level = "NOTICE"')" 1
cp "$CONF_A" "$T/config.kept"
sed -i 's|^Level = .*|Level = "INFO"|' "$CONF_A"; kill -HUP "$PID_A"; sleep 1
kill "$PID_B"; ended "$PID_B"; restart B
cp "$T/config.kept" "$CONF_A"; kill -HUP "$PID_A"; sleep 1
expect 'MP-13 HUP takes a level over' "$(status_of A needsRestart)" '[]'

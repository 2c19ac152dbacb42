# MP-43: a clock that is ten minutes off is told, by the doctor and as a failure.
export POSTERN_CONFIG=$CONF_A
postern doctor >"$T/doctor"; code=$?
expect 'MP-43 all is well' "$code $(grep -c '^FAIL' "$T/doctor")" '0 0'
if command -v faketime >/dev/null; then
  faketime '+10 min' "${POSTERN:-postern}" doctor >"$T/doctor" 2>&1; code=$?
else
  # The same question without a tool that deceives the whole process.
  postern doctor --clock-offset 10m >"$T/doctor" 2>&1; code=$?
fi
expect 'MP-43 a wrong clock is a failure' "$code" 1
expect 'MP-43 and is named' "$(grep -cE '^FAIL  clock .*(600|601)\.. s ahead' "$T/doctor")" 1
expect 'MP-43 and nothing else' "$(grep -c '^FAIL' "$T/doctor")" 1
kill "$PID_A"; ended "$PID_A"
postern doctor >"$T/doctor"; code=$?
expect 'MP-43 the doctor needs no daemon' "$code $(grep -c 'provider.*reached' "$T/doctor")" '0 1'
unset POSTERN_CONFIG; restart A

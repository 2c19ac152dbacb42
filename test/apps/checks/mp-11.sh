# MP-11: with the log disabled nothing is written anywhere; why it cannot start is still told.
kill "$PID_C"; ended "$PID_C"; rm -f "$T/C/log"
cp "$CONF_C" "$T/config.kept"
sed -i 's|^\[Logging\]|[Logging]\nDisable = true|' "$CONF_C"
"${POSTERN:-postern}" daemon -f "$CONF_C" >"$T/quiet.out" 2>"$T/quiet.err" & PID_C=$!
eventually is_connected C
msg carol@p1.test bob@p2.test quiet x | put C bob@p2.test
kill -HUP "$PID_C"; sleep 1
kill "$PID_C"; wait "$PID_C"
expect 'MP-11 it ends cleanly' "$?" 0
expect 'MP-11 nothing on standard output' "$(stat -c %s "$T/quiet.out")" 0
expect 'MP-11 nothing on standard error' "$(stat -c %s "$T/quiet.err")" 0
expect 'MP-11 no log file' "$(test -s "$T/C/log" && echo there)" ''
mv "$DATA_C.storage.key" "$T/storage.kept"
postern daemon -f "$CONF_C" >"$T/quiet.out" 2>"$T/quiet.err"
expect 'MP-11 why it cannot start is told' "$(grep -c 'storage key' "$T/quiet.err")" 1
mv "$T/storage.kept" "$DATA_C.storage.key"; cp "$T/config.kept" "$CONF_C"; restart C

# MP-12: the log file, or standard output; opened anew at HUP, for logrotate.
mv "$T/A/log" "$T/A/log.1"; kill -HUP "$PID_A"; eventually test -s "$T/A/log"
expect 'MP-12 the log is opened anew' "$(test -s "$T/A/log" && echo yes)" yes
had=$(stat -c %s "$T/A/log.1"); kill -HUP "$PID_A"; sleep 1
expect 'MP-12 the old one is left alone' "$(stat -c %s "$T/A/log.1")" "$had"
expect 'MP-12 it is private' "$(stat -c %a "$T/A/log")" 600
kill "$PID_C"; ended "$PID_C"
sed '/^File = /d' "$CONF_C" >"$T/to-stdout.toml"
"${POSTERN:-postern}" daemon -f "$T/to-stdout.toml" >"$T/said.out" 2>"$T/said.err" & PID_C=$!
eventually grep -q 'daemon: ready' "$T/said.out"
expect 'MP-12 without a file it goes to standard output' "$(grep -c 'daemon: ready' "$T/said.out")" 1
kill "$PID_C"; wait "$PID_C"
expect 'MP-12 and not to standard error' "$(stat -c %s "$T/said.err")" 0
restart C

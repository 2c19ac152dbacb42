# MP-9: the data directory is private. MP-12: the log is opened anew at HUP.
expect 'MP-9 nothing is open to others' "$(find "$DATA_A" -perm /077)" ''
mv "$T/A/log" "$T/A/log.1"; kill -HUP "$PID_A"; eventually test -s "$T/A/log"
expect 'MP-12 the log is opened anew' "$(test -s "$T/A/log" && echo yes)" yes

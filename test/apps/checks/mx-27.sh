# MX-27: everything where a distribution wants it, as a user without privileges.
. "$here/nodes.sh"
own_mix fhs
F=$(mktemp -d)
# The user whom nothing belongs to, where we may become that user.
as_nobody(){ if [ "$(id -u)" = 0 ]; then setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; else "$@"; fi; }
mkdir -p "$F/etc" "$F/lib" "$F/spool" "$F/log" "$F/run" "$F/work"
for line in 'KeyDir lib/keys' 'WorkDir work' 'QueueDir spool' 'PidFile run/mix.pid' 'DataDir lib'; do
  set_key fhs "${line% *}" "\"$F/${line#* }\""
done
open_table fhs Logging; open_table fhs Statistics; open_table fhs Management; open_table fhs Storage
python3 - "$T/fhs/katzenpost.toml" "$F" <<'P'
import re,sys
text=open(sys.argv[1]).read(); root=sys.argv[2]
def place(table,key,path):
    global text
    head,tail=text.split(f'[{table}]\n',1)
    text=head+f'[{table}]\n'+re.sub(rf'^(# )?{key} =.*$',f'{key} = "{root}/{path}"',tail,count=1,flags=re.M)
place('Logging','File','log/mix.log'); place('Statistics','File','log/mix.stats')
place('Management','Path','run/mix.sock'); place('Storage','KeyFile','etc/mix.key')
open(f'{root}/etc/mix.toml','w').write(text)
P
if [ "$(id -u)" = 0 ]; then chown -R nobody:nogroup "$F"; fi
chmod -R go= "$F"
# A home that the user may read; the program itself is read by everybody.
fhs(){ local verb=$1; shift; (cd "$F" && HOME=$F as_nobody "${POSTERN:-postern}" node mix "$verb" -f "$F/etc/mix.toml" "$@"); }
fhs start --daemon >"$T/said" 2>&1; code=$?
expect 'MX-27 it boots as a user without privileges' "$code" 0
expect 'MX-27 the process is that user' \
  "$(stat -c %u "/proc/$(cat "$F/run/mix.pid")")" "$(if [ "$(id -u)" = 0 ]; then id -u nobody; else id -u; fi)"
eventually test -s "$F/lib/current-desc"
fhs stop >/dev/null
expect 'MX-27 and ends' "$?" 0
in_its_place(){ expect "MX-27 $1 is where it was wanted" "$(cd "$F" && find $2 -type f -name "$3" | wc -l)" "$4"; }
in_its_place 'KeyDir' lib/keys '*.private.pem' 2
in_its_place 'WorkDir' work node.db 1
in_its_place 'QueueDir' spool queue.db 1
in_its_place 'LogFile' log mix.log 1
in_its_place 'StatsFile, of the current period' work stats.current 1
in_its_place 'what names the descriptor' lib current-desc 1
expect 'MX-27 nothing else is in the base directory' "$(cd "$F/lib" && find . -maxdepth 1 -type f | sed 's/[0-9]*$//' | sort | xargs)" \
  './current-desc ./descriptor. ./output ./version'
rm -rf "$F"

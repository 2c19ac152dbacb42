# MX-3, MX-9, MX-13, MX-42, X-13: a node's configuration is looked for, checked and read again.
. "$here/nodes.sh"
own_mix n
open_table n Mixing; set_key n Strategy '"pool"'; set_key n MixPoolMinSize 7
mix start n --daemon >/dev/null
# Asked by a file that stays good: the other one is broken for a while.
cp "$T/n/katzenpost.toml" "$T/n/good.toml"
least(){ postern node mix status -f "$T/n/good.toml" --json | field mixing/minSize; }
expect 'MX-3 it runs with what its file says' "$(least)" 7
set_key n MixPoolMinSize 9
kill -HUP "$(pid_of n)"
is_nine(){ [ "$(least)" = 9 ]; }
eventually is_nine
expect 'MX-3 HUP takes over another minimum' "$(least)" 9
set_key n MixPoolMinSize 11
expect 'MX-3 so does reload, and names it' "$(mix reload n --json | field changed)" '["Mixing.MixPoolMinSize"]'
expect 'X-13 reload is no empty word' "$(least)" 11
set_key n MixPoolMinSize '"many"'
kill -HUP "$(pid_of n)"
is_refused(){ grep -q 'stays as it was.*key=Mixing.MixPoolMinSize' "$T/n/data/output"; }
eventually is_refused
expect 'MX-3 a broken file is told in the log' "$(is_refused && echo yes)" yes
expect 'MX-3 and changes nothing' "$(least) $(alive "$(pid_of n)")" '11 yes'
mix reload n >/dev/null 2>"$T/said"
expect 'MX-3 reload says what is broken' "$? $(grep -c 'katzenpost.toml:[0-9]*: Mixing.MixPoolMinSize' "$T/said")" '2 1'
set_key n MixPoolMinSize 7; mix stop n >/dev/null

strace -f -e trace=openat,open,creat,mkdir,mkdirat "${POSTERN:-postern}" node mix check-config \
  -f "$T/n/katzenpost.toml" >/dev/null 2>"$T/traced"
expect 'MX-9 check-config makes nothing' \
  "$? $(grep -c 'katzenpost.toml' "$T/traced" | sed 's/^[1-9].*/read/') $(grep -cE 'O_CREAT|creat\(|mkdir' "$T/traced")" '0 read 0'
echo 'Bogus = 1' >>"$T/n/katzenpost.toml"
mix check-config n --json >"$T/said" 2>&1
expect 'MX-9 a bad file is exit 2' "$?" 2
sed -i '$d' "$T/n/katzenpost.toml"

# found: which file a mix takes in this home
found(){ (cd "$T/look" && HOME=$T/look/home postern config path mix "$@"); }
mkdir -p "$T/look/home/.postern" "$T/look/home/etc/postern"
: >"$T/look/home/etc/postern/mix.toml"
expect 'MX-13 the last of a home is found' "$(found)" "$T/look/home/etc/postern/mix.toml"
: >"$T/look/home/.postern/mix.toml"
expect 'MX-13 the one before it wins' "$(found)" "$T/look/home/.postern/mix.toml"
: >"$T/look/katzenpost.toml"
expect 'MX-13 the working directory first' "$(found)" "$T/look/katzenpost.toml"
(cd "$T/look" && HOME=$T/look/home mix check-config n >"$T/said")
expect 'MX-13 and -f before all' "$? $(grep -c "$T/n/katzenpost.toml: no problems" "$T/said")" '0 1'

mix start n --daemon --severity DEBUG >/dev/null
expect 'MX-42 DEBUG alone is not given' "$(grep -c 'DEBUG needs UnsafeDebug' "$T/n/data/output")" 1
expect 'MX-42 and nothing is said at it' "$(grep -c ' DEBU ' "$T/n/data/output")" 0
mix stop n >/dev/null

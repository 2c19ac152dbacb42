# MX-11: the authority is reached through the proxy that the environment names, and not else.
. "$here/daemons.sh"; . "$here/nodes.sh"
# 192.0.2.1 is nobody's (RFC 5737): only the proxy knows who is meant.
start_proxy "$T/asked" 127.0.0.1
# far NAME [VARIABLE=VALUE]: a mix whose authority is there
far(){
  own_mix "$1"; set_key "$1" Address "\"192.0.2.1:${AUTH_ADDR##*:}\""
  env ${2:+"$2"} "${POSTERN:-postern}" node mix start --daemon -f "$T/$1/katzenpost.toml" >/dev/null
}
has_document(){ [ "$(mix status "$1" --json | field document)" = current ]; }
asked(){ grep -c "192.0.2.1:${AUTH_ADDR##*:}" "$T/asked"; }
far direct
for way in http_proxy=http ALL_PROXY=socks5; do
  name=by-${way%%=*} before=$(asked)
  far "$name" "$way://$PROXY"
  eventually has_document "$name"
  expect "MX-11 by $way the proxy is asked for the authority" "$(( $(asked) > before ))" 1
  expect "MX-11 by $way the document comes" "$(has_document "$name" && echo yes)" yes
  mix stop "$name" >/dev/null
done
expect 'MX-11 without it there is none' "$(has_document direct || echo none)" none
mix stop direct >/dev/null
http_proxy=ftp://127.0.0.1:1 mix start direct --nodaemon >"$T/said" 2>&1
expect 'MX-11 what is no proxy is wrong usage' "$? $(grep -c 'http_proxy in the environment' "$T/said")" '2 1'
kill "$PID_proxy"

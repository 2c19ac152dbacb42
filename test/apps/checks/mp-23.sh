# MP-23: behind Tor every connection leaves through the proxy, and each account by its own circuit.
. "$here/daemons.sh"
start_proxy "$T/tor"
file(){ authority net "$AUTH_ADDR" "$AUTH_KEY"; account ivy p1.test net; account jon p2.test net; upstream tor+socks5; }
own_daemon E < <(file)
enrol "$CONF_E" ivy@p1.test "$P1_SOCK"; enrol "$CONF_E" jon@p2.test "$P2_SOCK"
# What it dials, by its system calls; where they cannot be watched, by its open connections.
if strace -f -e trace=connect -o "$T/calls" true 2>/dev/null; then
  start_own E strace -D -f -e trace=connect -o "$T/calls"
  dials(){ sed -n -e 's/.*sin6_port=htons(\([0-9]*\)).*/[v6]:\1/p' -e 's/.*sin_port=htons(\([0-9]*\)), sin_addr=inet_addr("\([0-9.]*\)").*/\2:\1/p' "$T/calls"; }
else
  echo '# no strace: connections are looked at ten times a second'
  start_own E
  peers(){ ss -tnpH | grep "pid=$PID_E," | awk '{print $5}' | grep -xF -e "$PROXY" -e "$P1_ADDR" -e "$P2_ADDR" -e "$AUTH_ADDR"; }
  (while kill -0 "$PID_E"; do peers; sleep 0.1; done) >"$T/calls" 2>/dev/null & disown
  dials(){ cat "$T/calls"; }
fi
expect 'MP-23 both accounts connect' "$(patiently is_connected E && echo yes)" yes

users(){ grep " $1\$" "$T/tor" | cut -d' ' -f1 | sort -u; }
expect 'MP-23 one circuit to the one provider' "$(users "$P1_ADDR" | wc -l)" 1
expect 'MP-23 one to the other' "$(users "$P2_ADDR" | wc -l)" 1
expect 'MP-23 one for each account to the authority' "$(users "$AUTH_ADDR" | wc -l)" 2
expect 'MP-23 and none is shared' \
  "$( (users "$P1_ADDR"; users "$P2_ADDR"; users "$AUTH_ADDR") | sort | uniq -d | wc -l)" 0
expect 'MP-23 nothing else was asked for' \
  "$(cut -d' ' -f2 "$T/tor" | grep -vxc -e "$P1_ADDR" -e "$P2_ADDR" -e "$AUTH_ADDR")" 0

kill "$PID_proxy"
expect 'MP-23 without the proxy there is no connection' \
  "$(eventually is_state "$CONF_E" ivy@p1.test connecting && echo yes)" yes
sleep 25
expect 'MP-23 also later' "$(connection "$CONF_E" ivy@p1.test)" connecting
expect 'MP-23 the proxy was dialled, and dialled again' "$(( $(dials | grep -cx "$PROXY") >= 4 ))" 1
expect 'MP-23 and nobody else, ever' "$(dials | grep -vx "$PROXY" | sort | uniq -c)" ''
stop_own E

# MX-6, MX-14, MX-43: what a node has counted, and whom it sends away.
. "$here/nodes.sh"
postern node mix stats -f "$MIX1_CONF" >"$T/said"
expect 'MX-6 stats names the period' "$(head -1 "$T/said" | grep -cE '^From .* to .* were observed:')" 1
expect 'MX-6 and counts each event' "$(grep -cE '^  [a-z ]+: (<10|[0-9]+)$' "$T/said")" 9
expect 'MX-6 as JSON too' "$(postern node mix stats -f "$MIX1_CONF" --json | field counts | grep -c 'received packets')" 1
expect 'MX-43 a number of few is not told' "$(grep -cE ': [1-9]$' "$T/said")" 0

# rude COUNT WAY: connections to a mix that say rubbish, too much, or nothing
rude(){ python3 - "$MIX1_ADDR" "$1" "$2" <<'P'
import os,socket,sys
host,port=sys.argv[1].split(':'); count=int(sys.argv[2]); way=sys.argv[3]
for _ in range(count):
    with socket.create_connection((host,int(port)),timeout=10) as s:
        try:
            if way=='garbage': s.sendall(os.urandom(6000)); s.recv(1)
            elif way=='cut': s.sendall(os.urandom(20))
        except OSError: pass
P
}
was=$(told "$MIX1_CONF" counters/link.handshake.garbage)
rude 1000 garbage; rude 200 cut
expect 'MX-14 each wrong handshake is counted' \
  "$(( $(told "$MIX1_CONF" counters/link.handshake.garbage) - was >= 1000 ))" 1
expect 'MX-14 so is one that is cut off' "$(( $(told "$MIX1_CONF" counters/link.handshake.half-open) >= 200 ))" 1
expect 'MX-14 the node goes on' "$(told "$MIX1_CONF" inDocument)" true

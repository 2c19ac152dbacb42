# The network as an account's own loops find it: listed, and sent on purpose.
all_well(){ [ "$(postern ls nodes -f "$CONF_B" --json | grep -o '"state":"well"' | wc -l | tr -d ' ')" = 5 ]; }
eventually is_connected B
eventually all_well
expect 'MX-51 loops come back from three mixes and two providers' "$(all_well && echo yes)" yes
expect 'MX-51 which people are told' \
  "$(postern ls nodes -f "$CONF_B" | grep -c '^\(mix[123]: layer [012]\|p[12].test: provider\), well, [1-9][0-9]* loops came back')" 5

expect 'MX-51 a ping comes back' "$(postern ping mix2 -f "$CONF_B" | grep -c '^mix2: 1 of 1 came back, [0-9]* ms')" 1
expect 'MX-51 one of everybody too' "$(postern ping all -f "$CONF_B" --json | grep -o '"returned":1' | wc -l | tr -d ' ')" 5
postern ping mix9 -f "$CONF_B" >"$T/crossed" 2>&1
expect 'MX-51 a mix that is not there cannot be crossed' "$? $(grep -c 'no loop from here crosses that' "$T/crossed")" '1 1'
expect 'MX-51 and those that can are told' "$(grep -o 'mix[123]\|p[12].test' "$T/crossed" | sort -u | wc -l | tr -d ' ')" 5

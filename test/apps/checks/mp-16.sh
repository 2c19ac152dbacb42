# MP-16: a key in whatever way it is written is one key.
effective(){ postern check-config --print-effective "$1"; }
hex=$(printf %s "$AUTH_KEY" | base64 -d | od -An -v -tx1 | tr -d ' \n')
sed "s|$AUTH_KEY|$hex|" "$CONF_A" >"$T/hex.toml"
sed "s|$AUTH_KEY|file:$AUTH_DATA/identity.public.pem|" "$CONF_A" >"$T/file.toml"
sed "s|PublicKey = \"$AUTH_KEY\"|PublicKey = '''\n$(sed 's/$/\\n/' "$AUTH_DATA/identity.public.pem" | tr -d '\n')'''|" "$CONF_A" >"$T/pem.toml"
wanted=$(effective "$CONF_A")
expect 'MP-16 the files differ' "$(cat "$T"/{hex,file}.toml | grep -c "$AUTH_KEY")" 0
expect 'MP-16 hex' "$(effective "$T/hex.toml")" "$wanted"
expect 'MP-16 the path of a PEM file' "$(effective "$T/file.toml")" "$wanted"
expect 'MP-16 a PEM block' "$(effective "$T/pem.toml")" "$wanted"
expect 'MP-16 the canonical form is base64' "$(printf %s "$wanted" | grep -c "PublicKey = \"$AUTH_KEY\"")" 1
printf '%s\n' "$wanted" >"$T/canonical.toml"
expect 'MP-16 and says the same' "$(effective "$T/canonical.toml")" "$wanted"
sed "s|$AUTH_KEY|${hex:2}|" "$CONF_A" >"$T/short.toml"
line=$(grep -n "${hex:2}" "$T/short.toml" | cut -d: -f1)
effective "$T/short.toml" >"$T/refusal" 2>&1; code=$?
expect 'MP-16 31 bytes are none' "$code $(grep -c "short.toml:$line: .*PublicKey" "$T/refusal")" '2 1'

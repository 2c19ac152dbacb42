# MP-25: mailproxy's own key files.
before=$(cd "$here/../../fixtures" && find mailproxy -type f | sort | xargs sha256sum)
postern import --mailproxy "$here/../../fixtures/mailproxy" --dir "$T/taken-over" >"$T/imported" 2>&1
expect 'MP-25 import' "$?" 0
shown=$(postern account show -f "$T/taken-over/config.toml" --json)
shown_as(){ printf %s "$shown" | python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
public(){ sed -n 2p "$here/../../fixtures/mailproxy/alice@provider.example/$1.public.pem"; }
expect 'MP-25 the same link key' "$(shown_as linkKey)" "$(public link)"
expect 'MP-25 the same identity key' "$(shown_as identityKey)" "$(public identity)"
expect "MP-25 the private key as the reference writes it" \
  "$(cat "$T/taken-over/data/alice@provider.example/link.private.pem")" \
  "$(cat "$here/../../fixtures/mailproxy/alice@provider.example/link.private.pem")"
expect 'MP-25 recipients by their normal names' "$(ls "$T/taken-over/data/recipients")" bob@provider.example.pem
expect 'MP-25 the source is as it was' \
  "$(cd "$here/../../fixtures" && find mailproxy -type f | sort | xargs sha256sum)" "$before"
postern import --mailproxy "$here/../../fixtures/mailproxy" --dir "$T/taken-over" >"$T/imported" 2>&1
expect 'MP-25 again changes nothing' "$? $(grep -c 'taken over$' "$T/imported")" '0 0'

# MP-19: the documents' own samples are a configuration.
documents=$here/../../../../shared/source-documents
# sample FILE: its sections, one behind the other; the missing quote put back, keys and paths replaced
sample(){
  grep -hE '^[[:space:]]*(\[{1,2}[A-Za-z.]+\]{1,2}|[A-Za-z0-9]+ = .*)[[:space:]]*$' "$1" |
    sed -E "s|(DataDir = \"[^\"]*)\"?$|\1\"|; s|/home/user|$T/sample|; s|(PublicKey = ).*|\1\"$AUTH_KEY\"|"
}
if [ -d "$documents" ]; then
  for name in mailproxy mailproxy-guide; do
    sample "$documents/$name.txt" >"$T/$name.toml"
    expect "MP-19 $name.txt has its sections" "$(grep -c '^ *\[' "$T/$name.toml")" 6
    postern check-config "$T/$name.toml" >"$T/checked" 2>&1
    expect "MP-19 $name.txt passes" "$? $(cat "$T/checked")" "0 $T/$name.toml: no problems"
  done
else
  echo "skipped: the documents' samples (they are not beside this project)"
fi
sed "s|DIRECTORY|$T/sample|" "$here/../samples/documents.toml" >"$T/own.toml"
postern check-config "$T/own.toml" >"$T/checked" 2>&1
expect 'MP-19 our own sample passes' "$? $(cat "$T/checked")" "0 $T/own.toml: no problems"
expect 'MP-19 checking leaves nothing behind' "$(test -e "$T/sample" || echo nothing)" nothing
sed 's|^  Authority = .*|  Authority = "TestAutority"|' "$T/own.toml" >"$T/label.toml"
postern check-config "$T/label.toml" >"$T/refusal" 2>&1; code=$?
expect 'MP-19 an unknown label: what it is and what was meant' \
  "$code $(grep -c 'Account\[0\].Authority: .*TestAutority.*TestAuthority' "$T/refusal")" '2 1'
sed 's|^  Authority = |  NonvotingAuthority = |' "$T/own.toml" >"$T/reference.toml"
expect "MP-19 the reference's key for it" "$(postern check-config --print-effective "$T/reference.toml")" \
  "$(postern check-config --print-effective "$T/own.toml")"
sed 's|^  Authority = |  VotingAuthority = |' "$T/own.toml" >"$T/voting.toml"
postern check-config "$T/voting.toml" >"$T/refusal" 2>&1; code=$?
expect 'MP-19 voting is refused with the reason' \
  "$code $(grep -c 'Account\[0\].VotingAuthority: voting authorities are not supported' "$T/refusal")" '2 1'

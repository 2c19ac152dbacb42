# MP-21: unknown keys are errors.
sed 's|^Address = |Adress = |' "$CONF_A" >"$T/typo.toml"
line=$(grep -n '^Adress' "$T/typo.toml" | cut -d: -f1)
for command in check-config 'daemon -f'; do
  postern $command "$T/typo.toml" >"$T/refusal" 2>&1; code=$?
  expect "MP-21 $command refuses it" "$code" 2
  expect "MP-21 $command says where and what was meant" \
    "$(grep -c "typo.toml:$line: .*Adress: unknown key, did you mean Address" "$T/refusal")" 1
done

# MP-22: [Debug], with the documented defaults (others than these are decided in the architecture).
sed '/^\[Debug\]/,$d' "$CONF_A" >"$T/plain.toml"
effective=$(postern check-config --print-effective "$T/plain.toml")
for setting in 'BounceQueueLifetime = 432000' 'UrgentQueueLifetime = 3600' 'ReceiveTimeout = 1209600' \
  'CaseSensitiveUserIdentifiers = false' 'GenerateOnly = false' 'SendDecoyTraffic = true' \
  'PollingInterval = 0' 'RetransmitSlack = 0'; do
  expect "MP-22 $setting" "$(printf '%s\n' "$effective" | grep -cx "$setting")" 1
done
printf '[Debug]\nReceiveTimeout = 0\nBounceQueueLifetime = 60\nPollingInterval = 30\nUrgentQueueLifetime = -1\n' >>"$T/plain.toml"
effective=$(postern check-config --print-effective "$T/plain.toml")
for setting in 'ReceiveTimeout = 0' 'BounceQueueLifetime = 60' 'PollingInterval = 30' 'UrgentQueueLifetime = 3600'; do
  expect "MP-22 as it is set: $setting" "$(printf '%s\n' "$effective" | grep -cx "$setting")" 1
done

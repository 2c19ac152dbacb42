# MP-4, X1: what waits is sealed on disk, and a wrong key changes nothing.
sums(){ find "$DATA_B" -type f -exec sha256sum {} + | sort -k 2; }
{
  printf 'From: mp4-sender <alice@p1.test>\nTo: mp4-recipient <bob@p2.test>\n'
  printf 'Subject: mp4-subject\n\nmp4-body\n'
} | put A bob@p2.test; settle
waiting=$(mails B)
expect 'MP-4 a mail waits' "$((waiting > 0))" 1
for canary in mp4-sender mp4-recipient mp4-subject mp4-body; do
  expect "MP-4 $canary is nowhere" "$(gone $canary "$DATA_B" && gone $canary "$DATA_A" && echo gone)" gone
done

# with_wrong_key: B is started with another key, which must cost nothing
with_wrong_key(){
  local before code
  cp -p "$DATA_B.storage.key" "$T/right.key"; head -c 32 /dev/urandom >"$DATA_B.storage.key"
  before=$(sums)
  postern daemon -f "$CONF_B" >"$T/refused" 2>&1; code=$?
  expect "MP-4 a wrong key is refused, $1" "$code" 1
  expect "MP-4 it says why, $1" "$(grep -c 'the storage key does not open' "$T/refused")" 1
  postern upgrade -f "$CONF_B" >"$T/refused" 2>&1; code=$?
  expect "MP-4 the upgrade refuses it too, $1" "$code" 1
  expect "MP-4 no byte has changed, $1" "$(sums)" "$before"
  cp -p "$T/right.key" "$DATA_B.storage.key"; rm "$T/right.key" "$T/refused"
}
kill -9 "$PID_B"; ended "$PID_B"; with_wrong_key 'after a kill'
restart B
kill "$PID_B"; ended "$PID_B"; with_wrong_key 'after a clean end'
before=$(sums)
expect 'MP-4 there is nothing to upgrade' "$(postern upgrade -f "$CONF_B" | grep -vc 'nothing to do')" 0
expect 'MP-4 and nothing is changed by it' "$(sums)" "$before"
restart B
expect 'MP-4 the mail is still there' "$(mails B)" "$waiting"
expect 'MP-4 and can be read' "$(pop B "$waiting" | grep -c '^Subject: mp4-subject')" 1

# The same with a passphrase: a small daemon of its own.
mkdir "$T/phrase"
printf '[Proxy]\nDataDir = "%s/phrase/data"\nNoLaunchListeners = true\n[Storage]\nPassphraseFile = "%s/phrase/secret"\n' \
  "$T" "$T" >"$T/phrase/c.toml"
(umask 077; echo 'mp4 passphrase' >"$T/phrase/secret")
phrase_sums(){ find "$T/phrase/data" "$T/phrase/data.storage.salt" -type f -exec sha256sum {} + | sort -k 2; }
# phrase_runs: whether the daemon starts; it is ended again
phrase_runs(){
  postern daemon -f "$T/phrase/c.toml" >"$T/phrase/out" 2>&1 & disown
  eventually test -s "$T/phrase/data/pid" || return 1
  local running; running=$(cat "$T/phrase/data/pid"); kill "$running"; ended "$running"
}
expect 'MP-4 a daemon with a passphrase starts' "$(phrase_runs && echo yes)" yes
expect 'MP-4 its salt is private' "$(stat -c '%a %s' "$T/phrase/data.storage.salt")" '600 32'
expect 'MP-4 there is no key file' "$(test -e "$T/phrase/data.storage.key" || echo none)" none
before=$(phrase_sums)
echo 'mp4 passphrases' >"$T/phrase/secret"
postern daemon -f "$T/phrase/c.toml" >"$T/phrase/out" 2>&1
expect 'MP-4 a wrong passphrase is refused' "$?" 1
expect 'MP-4 it says why, of a passphrase' "$(grep -c 'the storage key does not open' "$T/phrase/out")" 1
expect 'MP-4 no byte has changed by it' "$(phrase_sums)" "$before"
echo 'mp4 passphrase' >"$T/phrase/secret"
expect 'MP-4 the right one still opens' "$(phrase_runs && echo yes)" yes
sed -i 's/^PassphraseFile.*/PassphraseFile = "-"/' "$T/phrase/c.toml"
expect 'MP-4 it can be asked for' "$(echo 'mp4 passphrase' | postern queue -f "$T/phrase/c.toml" --json)" '[]'

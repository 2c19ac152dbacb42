# What is signed arrives so: with PGP and with S/MIME, while the rest of the mail becomes the normal form.
signed=$T/signed; mkdir -p "$signed"

# transit FILE: sends it from A to B, and writes what POP3 gives beside it
transit(){ put A "$ADDR_B" "$1"; settle; pop B "$(mails B)" >"$1.got"; }
head_of(){ printf 'From: %s\nTo: %s\nSubject: signed\nX-Mailer: leaky 1.0\n' "$ADDR_A" "$ADDR_B"; }
part(){ printf 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n.Grüße \r\n\r\n-- \r\nFrom here\r\n'; }

for mode in headers full; do
  grep -q '^ *Sanitise' "$CONF_A" && sed -i '/^ *Sanitise/d' "$CONF_A"
  sed -i "0,/^ *Provider *=/s//  Sanitise = \"$mode\"\n&/" "$CONF_A"
  reconfigure A ''
  if command -v gpg >/dev/null; then
    export GNUPGHOME=$signed/gnupg; mkdir -pm 700 "$GNUPGHOME"
    [ -s "$signed/key" ] || { gpg --batch --quiet --passphrase '' --quick-gen-key 'alice@p1.test' ed25519 sign 2>/dev/null; echo made >"$signed/key"; }
    part >"$signed/part"
    gpg --batch --quiet --armor --detach-sign --output - "$signed/part" >"$signed/sig" 2>/dev/null
    {
      head_of
      printf 'Content-Type: multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"; boundary="b"\n\n--b\n'
      tr -d '\r' <"$signed/part"; printf '\n--b\nContent-Type: application/pgp-signature\n\n'; cat "$signed/sig"; printf '\n--b--\n'
    } >"$signed/pgp-$mode"
    transit "$signed/pgp-$mode"
    python3 - "$signed/pgp-$mode.got" "$signed/part.got" "$signed/sig.got" <<'P'
import re,sys
raw=open(sys.argv[1],'rb').read().replace(b'\r\n',b'\n').replace(b'\n',b'\r\n')
first,second=raw.split(b'\r\n--b\r\n')[1:3]
open(sys.argv[2],'wb').write(first)
open(sys.argv[3],'wb').write(re.search(rb'-----BEGIN.*?-----END PGP SIGNATURE-----',second,re.S)[0]+b'\n')
P
    gpg --batch --verify "$signed/sig.got" "$signed/part.got" 2>"$signed/said"
    expect "HS-13: in mode $mode a PGP signature holds after transit" $? 0
    expect "HS-1: in mode $mode the program above it is gone" "$(grep -c leaky "$signed/pgp-$mode.got")" 0
  else
    expect "HS-13: a PGP signature in mode $mode # left out: gpg is not on this machine" none none
  fi
  [ -s "$signed/cert" ] || openssl req -x509 -newkey rsa:2048 -nodes -subj /emailAddress=alice@p1.test \
    -keyout "$signed/secret" -out "$signed/cert" -days 2 2>/dev/null
  for kind in detached opaque; do
    { head_of; part | openssl smime -sign -signer "$signed/cert" -inkey "$signed/secret" \
      $([ $kind = opaque ] && echo -nodetach) | tr -d '\r'; } >"$signed/smime-$kind-$mode"
    transit "$signed/smime-$kind-$mode"
    openssl smime -verify -in "$signed/smime-$kind-$mode.got" -CAfile "$signed/cert" -out "$signed/content" 2>"$signed/said"
    expect "HS-13: in mode $mode an S/MIME signature ($kind) holds after transit" $? 0
    expect "HS-13: over what was written" "$(tr -d '\r' <"$signed/content" | diff - <(part | tr -d '\r') >/dev/null && echo same)" same
  done
done

# SG-6: the package as npm packs it works where no script may run at its installation.
package=$(cd "$here/../../.." && pwd)
packed=$(mktemp -d); mkdir "$packed/user"
(cd "$package" && npm pack --silent --ignore-scripts --pack-destination "$packed" >/dev/null 2>&1)
expect 'SG-6 the package can be packed' "$(ls "$packed"/postern-*.tgz 2>/dev/null | wc -l | tr -d ' ')" 1
if npm view neverthrow version >/dev/null 2>&1; then
  (cd "$packed/user" && npm init -y >/dev/null 2>&1 &&
    npm install --silent --ignore-scripts --no-audit --no-fund "$packed"/postern-*.tgz >"$T/npm" 2>&1)
  expect 'SG-6 it installs without scripts' $? 0
  installed=$packed/user/node_modules/.bin
  expect 'SG-6 the filter runs' \
    "$(printf 'X-Mailer: leaky\nSubject: x\n\nbody\n' | "$installed/postern" filter | tr -d '\r' | grep -cE '^body$|^Subject: x$|leaky')" 2
  expect 'SG-6 and what needs the store' "$(POSTERN_CONFIG=$CONF_A "$installed/postern" queue list >/dev/null 2>&1; echo $?)" 0
  expect 'SG-6 nothing was compiled for it' "$(find "$packed/user/node_modules" -name '*.o' | wc -l | tr -d ' ')" 0
else
  echo 'ok SG-6 installing # left out: no package registry can be reached'; facts=$((facts + 1))
fi
expect 'SG-6 the licence is permissive' "$(node -p "require('$package/package.json').license")" MIT
rm -rf "$packed"

#!/usr/bin/env bash
# Installs what package-lock.json pins, and builds better-sqlite3 from the source that its package carries.
# Nothing is fetched but npm packages: the headers that the build needs are those of the node that is installed.
set -euo pipefail
cd "$(dirname "$0")"

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

for tool in node npm python3 make g++; do
  command -v "$tool" >/dev/null || fail "$tool is missing; better-sqlite3 is compiled and needs node (20 or later), npm, python3, make and g++"
done
[ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || fail "node $(node --version) is too old; 20 or later is needed"

# The addon fits only the node it was built for, so the stamp names that too.
stamp=node_modules/.installed
state="$(node -p 'process.version + " " + process.arch') $(cat package.json package-lock.json | sha256sum)"
if [ "$(cat "$stamp" 2>/dev/null || true)" = "$state" ]; then
  echo "bench/peers: node_modules is in step with package-lock.json"
  exit 0
fi

nodedir="${npm_config_nodedir:-$(node -p 'require("path").dirname(require("path").dirname(fs.realpathSync(process.execPath)))')}"
[ -f "$nodedir/include/node/node.h" ] || fail "the headers of node are missing: no $nodedir/include/node/node.h; set npm_config_nodedir to where node's include/ is"

# Install scripts stay off: better-sqlite3's would look for a prebuilt binary outside the registry first; the others have nothing to do
# where npm installs the packages of the platform (@cloudflare/workerd-*, @img/sharp-*).
npm ci --ignore-scripts --no-progress
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "bench/peers: building better-sqlite3, which takes a minute or two"
(cd node_modules/better-sqlite3 && npm_config_nodedir="$nodedir" npm run build-release) >"$log" 2>&1 || {
  tail -n 30 "$log" >&2
  fail "better-sqlite3 did not build; the end of its log stands above"
}

node -e 'new (require("better-sqlite3"))(":memory:").close()' || fail "better-sqlite3 was built but does not load"
node_modules/.bin/workerd --version >/dev/null || fail "workerd does not run on this machine"
echo "$state" >"$stamp"
echo "bench/peers: installed"

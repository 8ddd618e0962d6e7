#!/usr/bin/env bash
# Installs what package-lock.json pins: miniflare, which carries Cloudflare's workerd. Nothing is fetched but npm packages.
set -euo pipefail
cd "$(dirname "$0")"

fail() {
  echo "tests/d1/install.sh: $1" >&2
  exit 1
}

for tool in node npm; do
  command -v "$tool" >/dev/null || fail "$tool is missing; miniflare needs node (20.18 or later) with npm"
done
./node-is-new-enough.sh || fail "node $(node --version) is too old; miniflare needs 20.18 or later"

# Install scripts stay off: npm itself installs the package of the platform (@cloudflare/workerd-*), and they would have nothing to do.
npm ci --ignore-scripts --no-progress
node_modules/.bin/workerd --version >/dev/null || fail "workerd does not run on this machine; it needs glibc 2.35 or later"

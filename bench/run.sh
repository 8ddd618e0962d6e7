#!/usr/bin/env bash
# Measures DataGlue Edge, its ceilings and its peers on this machine and prints one table. See bench/README.md; options go to bench.mjs.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
command -v dotnet >/dev/null || missing+=("dotnet (the .NET 10 SDK: https://dotnet.microsoft.com)")
command -v wrk >/dev/null || missing+=("wrk (apt install wrk)")
command -v node >/dev/null || missing+=("node, 20 or later (apt install nodejs npm, or https://nodejs.org)")
command -v gcc >/dev/null || command -v clang >/dev/null || missing+=("a C linker (apt install gcc zlib1g-dev)")
if [ ${#missing[@]} -gt 0 ]; then
  printf 'run.sh: missing: %s\n' "${missing[@]}" >&2
  exit 1
fi

case "$(uname -m)" in
  aarch64) rid=linux-arm64 ;;
  *) rid=linux-x64 ;;
esac
echo "Publishing the server, the ceiling over HTTP and the ceiling of the disk" >&2
for project in src/DataGlue.Edge bench/echo bench/disk; do
  dotnet publish "$project" -c Release -r "$rid" -o "artifacts/bench/$(basename "$project")" -nologo -v quiet >&2
done

# Without its peers the rest is still worth measuring; the table then says what is not there.
bench/peers/install.sh >&2 || echo "run.sh: the peers are not measured; the line above says what they lack" >&2

exec node bench/bench.mjs "$@"

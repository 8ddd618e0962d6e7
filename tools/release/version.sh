#!/usr/bin/env bash
# Prints the version. With the name of a tag, fails unless the tag is "v" and the version, and the changelog has a section of it.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$(dotnet msbuild src/DataGlue.Edge -getProperty:Version)
if [ $# -gt 0 ]; then
  [ "$1" = "v$version" ] || { echo "The tag is $1, and Directory.Build.props says $version" >&2; exit 1; }
  tools/release/notes.sh "$version" >/dev/null
fi
echo "$version"

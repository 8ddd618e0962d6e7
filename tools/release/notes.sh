#!/usr/bin/env bash
# Prints what the changelog says of a version: the section whose heading begins with it. Fails when there is none.
set -euo pipefail
cd "$(dirname "$0")/../.."

notes=$(awk -v version="${1:?which version?}" '/^## /{ inside = ($2 == version); next } inside' CHANGELOG.md)
[ -n "$notes" ] || { echo "CHANGELOG.md has no section \"## $1\" that says anything" >&2; exit 1; }
echo "$notes"

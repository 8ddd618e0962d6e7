#!/usr/bin/env bash
# Writes what the program is made of, package by package with licence and hash, into FOLDER/dataglue-edge-VERSION.cdx.json (CycloneDX).
set -euo pipefail
folder=$(realpath -m "${1:?into which folder?}")
cd "$(dirname "$0")/../.."

version=$(tools/release/version.sh)
dotnet tool restore
dotnet restore src/DataGlue.Edge --locked-mode
dotnet dotnet-CycloneDX src/DataGlue.Edge/DataGlue.Edge.csproj --disable-package-restore --set-name dataglue-edge --set-version "$version" \
  --output-format Json --output "$folder" --filename "dataglue-edge-$version.cdx.json"

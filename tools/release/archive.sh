#!/usr/bin/env bash
# Builds the native program for this machine and puts it, with what belongs to it, into FOLDER/dataglue-edge-VERSION-linux-ARCH.tar.gz.
set -euo pipefail
folder=$(realpath -m "${1:?into which folder?}")
cd "$(dirname "$0")/../.."

case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  *) echo "There is no build for $(uname -m)" >&2; exit 1 ;;
esac
version=$(tools/release/version.sh)
name=dataglue-edge-$version-linux-$arch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dotnet publish src/DataGlue.Edge -c Release -r "linux-$arch" -o "$work/publish" -nologo
mkdir -p "$folder" "$work/$name/sql"
install -t "$work/$name" "$work/publish/DataGlue.Edge"
install -m 644 -t "$work/$name" "$work/publish/libe_sqlite3.so" LICENSE README.md
cp -R sql/queries "$work/$name/sql"

# The same files make the same archive: in the order of their names, as of the commit, owned by nobody in particular.
tar -C "$work" --sort=name --mtime="@$(git log -1 --format=%ct)" --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r,go-w -cf - "$name" \
  | gzip -9n > "$folder/$name.tar.gz"

# What was packed is unpacked again, and runs.
mkdir "$work/try"
tar -C "$work/try" -xzf "$folder/$name.tar.gz"
told=$("$work/try/$name/DataGlue.Edge" --version)
[ "$told" = "$version" ] || { echo "The program says that it is $told, and should be $version" >&2; exit 1; }
echo "$folder/$name.tar.gz"

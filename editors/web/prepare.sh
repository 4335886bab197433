#!/usr/bin/env bash
# Fetches what package-lock.json names, and bundles the page into out/, where that has not been done since it changed. Nothing
# of what is fetched runs while it comes. It needs Node 20 or newer and npm in PATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || ! command -v npm >/dev/null; then
    echo "web: Node 20 or newer and npm are needed in PATH; scripts/setup-vscode.sh fetches both on Debian" >&2
    exit 1
fi
fetched=node_modules/.package-lock.json
if [ ! -e $fetched ] || [ package-lock.json -nt $fetched ]; then
    echo "web: fetching the editor from npm, 96 MB" >&2
    npm ci --ignore-scripts --no-update-notifier --loglevel=error >&2
    touch $fetched
fi
if [ ! -e out/index.html ] || [ -n "$(find page build.mjs package-lock.json -newer out/index.html)" ]; then
    node build.mjs
    touch out/index.html
fi

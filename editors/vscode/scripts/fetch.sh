#!/usr/bin/env bash
# Fetches what package-lock.json names, when that has not been done since it changed. Nothing of it runs while it comes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
done=node_modules/.package-lock.json
if [ ! -e $done ] || [ package-lock.json -nt $done ]; then
    npm ci --ignore-scripts --no-update-notifier --loglevel=error >&2
    touch $done
fi

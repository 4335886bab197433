#!/usr/bin/env bash
# Serves a page to try treefill in the browser, to this machine only: run.sh TREEFILL [PORT]      Ctrl+C ends it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath -e "$(command -v "${1:-treefill}" || echo "${1:-treefill}")") || exit 1
# The Node of the editor tests, if they have been set up and there is none that is new enough.
own=${TREEFILL_EDITORS:-$here/../../.tools/editors}/bin
node -e 'process.exit(parseInt(process.versions.node, 10) < 20)' 2>/dev/null || export PATH=$own:$PATH
"$here/prepare.sh"
exec node "$here/serve.mjs" "$program" "${2:-0}"

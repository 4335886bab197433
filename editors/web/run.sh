#!/usr/bin/env bash
# Serves a page to try treefill in the browser, to this machine only: run.sh TREEFILL [PORT]      Ctrl+C ends it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "$(command -v "${1:-treefill}")")
# The Node of the editor tests, if they have been set up and there is no other.
export PATH=$PATH:${TREEFILL_EDITORS:-$here/../../.tools/editors}/bin
"$here/prepare.sh"
exec node "$here/serve.mjs" "$program" "${2:-0}"

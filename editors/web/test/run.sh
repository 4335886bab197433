#!/usr/bin/env bash
# Drives the page in a real Chromium against a treefill binary: run.sh BIN TREEFILL
# BIN is the folder that scripts/setup-vscode.sh and setup-editors.sh fill. The hands and eyes are those of the VS Code test, whose
# packages it uses. With TREEFILL_SCREENSHOTS=1 the picture in docs/ is made anew. What the run leaves is kept when it fails,
# and the place is printed; with $TREEFILL_RECORDINGS the traffic is kept there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$1
server=$(realpath "$2")
export PATH=$bin:$PATH
"$here/../../vscode/scripts/fetch.sh"
"$here/../prepare.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/treefill-web.XXXXXX")
if node "$here/main.mjs" "$bin" "$server" "$work"; then
    if [ -n "${TREEFILL_RECORDINGS:-}" ]; then
        number=0
        for log in "$work"/tap/traffic-*.jsonl; do
            number=$((number + 1))
            cp "$log" "$TREEFILL_RECORDINGS/web-$number.jsonl"
        done
    fi
    rm -rf "$work"
else
    echo "FAIL the page in the browser; its traffic and a picture are in $work" >&2
    exit 1
fi

#!/usr/bin/env bash
# Tests the extension, and drives a real VS Code with it against a treefill binary: run.sh BIN TREEFILL
# BIN is the folder that scripts/setup-vscode.sh and setup-editors.sh fill. With TREEFILL_SCREENSHOTS=1 the pictures in docs/
# are made anew. What the run leaves (traffic, logs, a picture of the end) is kept when it fails, and the place is printed; with
# $TREEFILL_RECORDINGS the traffic is kept there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$1
server=$(realpath "$2")
cd "$here/.."
export PATH=$bin:$PATH

scripts/fetch.sh
node scripts/manifest.mjs "$server" --check
npm run --silent lint
node scripts/build.mjs --tests
node --test --test-reporter=dot out/test/*.mjs

work=$(mktemp -d "${TMPDIR:-/tmp}/treefill-vscode.XXXXXX")
if node test/e2e/main.mjs "$bin" "$server" "$work"; then
    if [ -n "${TREEFILL_RECORDINGS:-}" ]; then
        number=0
        for log in "$work"/tap/traffic-*.jsonl; do
            number=$((number + 1))
            cp "$log" "$TREEFILL_RECORDINGS/vscode-$number.jsonl"
        done
    fi
    rm -rf "$work"
else
    echo "FAIL VS Code; its traffic, logs and a picture are in $work" >&2
    exit 1
fi

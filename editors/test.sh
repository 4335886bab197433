#!/usr/bin/env bash
# Drives every editor that has a test under editors/ against a treefill binary: editors/test.sh target/release/treefill
# With $TREEFILL_CAPTURES=1 the captures in editors/*/docs are made anew.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$("$root/scripts/setup-editors.sh")
# The editors share one engine process, and it ends with the tests.
TREEFILL_RUNTIME_DIR=$(mktemp -d)
# Each editor's test puts its traffic here, NAME.jsonl as tap.lua writes it.
TREEFILL_RECORDINGS=$(mktemp -d)
export TREEFILL_RUNTIME_DIR TREEFILL_RECORDINGS
trap '"$1" engine stop >/dev/null; rm -rf "$TREEFILL_RUNTIME_DIR" "$TREEFILL_RECORDINGS"' EXIT
# Drives one of them, and says how long that took: drive NAME COMMAND…
drive() {
    local begun=$SECONDS name=$1
    shift
    "$@"
    echo "ok   $name: $((SECONDS - begun)) s"
}
drive Neovim "$root/editors/neovim/test/run.sh" "$bin/nvim" "$bin/nvim-0.10" "$1"
drive Helix "$root/editors/helix/test/run.sh" "$bin/hx" "$bin/nvim" "$1"
bin_vscode=$("$root/scripts/setup-vscode.sh")
drive 'VS Code' "$root/editors/vscode/test/run.sh" "$bin_vscode" "$1"
drive 'the page in the browser' "$root/editors/web/test/run.sh" "$bin_vscode" "$1"
"$bin/nvim" --clean -l "$root/editors/metamodel/self_test.lua"
"$bin/nvim" --clean -l "$root/editors/metamodel/check.lua" "$TREEFILL_RECORDINGS"/*.jsonl

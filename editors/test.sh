#!/usr/bin/env bash
# Drives every editor that has a test under editors/ against a treefill binary: editors/test.sh target/release/treefill
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$("$root/scripts/setup-editors.sh")
# The editors share one engine process, and it ends with the tests.
TREEFILL_RUNTIME_DIR=$(mktemp -d)
export TREEFILL_RUNTIME_DIR
trap '"$1" engine stop >/dev/null; rm -rf "$TREEFILL_RUNTIME_DIR"' EXIT
"$root/editors/neovim/test/run.sh" "$bin/nvim" "$1"
"$root/editors/helix/test/run.sh" "$bin/hx" "$bin/nvim" "$1"
"$root/editors/vscode/test/run.sh" "$("$root/scripts/setup-vscode.sh")" "$1"

#!/usr/bin/env bash
# Drives the editors that test.sh does not, because they take longer to fetch than to test: editors/test-more.sh target/release/treefill
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$("$root/scripts/setup-editors.sh" nvim emacs)
# The editors share one engine process, and it ends with the tests.
TREEFILL_RUNTIME_DIR=$(mktemp -d)
TREEFILL_RECORDINGS=$(mktemp -d)
export TREEFILL_RUNTIME_DIR TREEFILL_RECORDINGS
trap '"$1" engine stop >/dev/null; rm -rf "$TREEFILL_RUNTIME_DIR" "$TREEFILL_RECORDINGS"' EXIT
"$root/editors/emacs/test/run.sh" "$bin/emacs" "$bin/nvim" "$1"
"$bin/nvim" --clean -l "$root/editors/metamodel/check.lua" "$TREEFILL_RECORDINGS"/*.jsonl

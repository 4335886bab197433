#!/usr/bin/env bash
# Drives the newest VS Code that was tried, which is not CI's: newest.sh TREEFILL. It gets a folder of its own, 0.9 GB.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# The tap that records the traffic is a Neovim script.
nvim=$("$root/scripts/setup-editors.sh")/nvim
export TREEFILL_VSCODE=4.139.1 TREEFILL_EDITORS=$root/.tools/editors-newest
TREEFILL_RECORDINGS=$(mktemp -d)
export TREEFILL_RECORDINGS
trap 'rm -rf "$TREEFILL_RECORDINGS"' EXIT
bin=$("$root/scripts/setup-vscode.sh")
ln -sfn "$nvim" "$bin/nvim"
"$root/editors/vscode/test/run.sh" "$bin" "$1"
"$nvim" --clean -l "$root/editors/metamodel/check.lua" "$TREEFILL_RECORDINGS"/*.jsonl

#!/usr/bin/env bash
# Drives a real Neovim against a treefill binary, with its built-in model: run.sh NVIM TREEFILL
# What the run leaves (traffic, logs) is kept when it fails, and the place is printed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
nvim=$1
server=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/tmp}/treefill-nvim.XXXXXX")

# No configuration of the person who runs this, and none of treefill's; the model's cache may be shared.
export XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state
# Time to spare: how much of a file the model reads depends on its speed, and a busy machine must not change the result.
mkdir -p "$XDG_CONFIG_HOME/treefill"
printf '[model]\nprompt_ms = 20000\n[completion]\ndeadline_ms = 30000\n' >"$XDG_CONFIG_HOME/treefill/config.toml"
unset TREEFILL_CONFIG TREEFILL_LOG NVIM VIMINIT
if "$nvim" --clean -l "$here/drive.lua" "$nvim" "$server" "$work" "$here/../README.md"; then
    rm -rf "$work"
else
    echo "FAIL Neovim; its traffic and logs are in $work" >&2
    exit 1
fi

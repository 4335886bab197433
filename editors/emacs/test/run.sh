#!/usr/bin/env bash
# Drives a real Emacs in tmux against a treefill binary, with its built-in model: run.sh EMACS NVIM TREEFILL
# Neovim is only the Lua that runs the script and the tap. What the run leaves (traffic, screens) is kept when it fails, and the
# place is printed; with $TREEFILL_RECORDINGS the traffic is kept there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
emacs=$(realpath "$1")
nvim=$(realpath "$2")
server=$(realpath "$3")
work=$(mktemp -d "${TMPDIR:-/tmp}/treefill-emacs.XXXXXX")
export HOME=$work/home XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state
mkdir -p "$HOME" "$XDG_CONFIG_HOME/treefill" "$work/bin"
# Time to spare: how much of a file the model reads depends on its speed, and a busy machine must not change the result.
printf '[model]\nmax_prefill_ms = 20000\n[completion]\ndeadline_ms = 30000\neagerness = "high"\n' >"$XDG_CONFIG_HOME/treefill/config.toml"
unset TREEFILL_CONFIG TREEFILL_LOG TMUX NVIM VIMINIT
# In a session of its own: Emacs kills the server's group right behind its `exit`, and the tap must see how the server ends.
printf '#!/bin/sh\nexec setsid --wait "%s" -l "%s" traffic.jsonl "%s" "$@"\n' "$nvim" "$here/../../tap.lua" "$server" >"$work/bin/treefill"
chmod +x "$work/bin/treefill"
trap 'for socket in "$work"/tmux*; do tmux -S "$socket" kill-server 2>/dev/null || true; done' EXIT
if "$nvim" --clean -l "$here/drive.lua" "$emacs" "$work"; then
    failed=
else
    failed=1
fi
if [ -n "${TREEFILL_RECORDINGS:-}" ]; then
    for log in "$work"/*/traffic.jsonl; do cp "$log" "$TREEFILL_RECORDINGS/emacs-$(basename "$(dirname "$log")").jsonl"; done
fi
if [ -z "$failed" ]; then
    rm -rf "$work"
else
    echo "FAIL Emacs; its traffic and screens are in $work" >&2
    exit 1
fi

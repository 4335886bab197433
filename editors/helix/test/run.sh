#!/usr/bin/env bash
# Drives a real Helix in tmux against a treefill binary, with its built-in model: run.sh HELIX NVIM TREEFILL
# Neovim is only the Lua that runs the script and the tap. What the run leaves (traffic, logs, the last screen) is kept
# when it fails, and the place is printed; with $TREEFILL_RECORDINGS the traffic is kept there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
helix=$(realpath "$1")
nvim=$(realpath "$2")
server=$(realpath "$3")
work=$(mktemp -d "${TMPDIR:-/tmp}/treefill-helix.XXXXXX")

# No configuration of the person who runs this, and none of treefill's; the model's cache may be shared.
export XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state
mkdir -p "$XDG_CONFIG_HOME/treefill" "$XDG_CONFIG_HOME/helix" "$work/bin"
# Time to spare: how much of a file the model reads depends on its speed, and a busy machine must not change the result.
printf '[model]\nmax_prefill_ms = 20000\n[completion]\ndeadline_ms = 30000\neagerness = "high"\n' >"$XDG_CONFIG_HOME/treefill/config.toml"
cp "$here/../languages.toml" "$XDG_CONFIG_HOME/helix/"
unset TREEFILL_CONFIG TREEFILL_LOG TMUX NVIM VIMINIT
# The `treefill` that languages.toml names is the tap. Not exec'd: Helix kills its servers' processes as it leaves, and
# the tap must see how the server ends.
printf '#!/bin/sh\n"%s" -l "%s" traffic.jsonl "%s" "$@"\nexit $?\n' "$nvim" "$here/../../tap.lua" "$server" >"$work/bin/treefill"
chmod +x "$work/bin/treefill"
trap 'for socket in "$work"/tmux*; do tmux -S "$socket" kill-server 2>/dev/null || true; done' EXIT
failed=
"$nvim" --clean -l "$here/drive.lua" "$helix" "$server" "$work" || failed=1
"$nvim" --clean -l "$here/model.lua" "$helix" "$server" "$work" || failed=1
"$nvim" --clean -l "$here/states.lua" "$helix" "$nvim" "$server" "$work" || failed=1
if [ -n "${TREEFILL_RECORDINGS:-}" ]; then
    for log in "$work"/*/traffic.jsonl "$work"/states/*/traffic.jsonl; do
        name=${log#"$work"/}
        name=${name%/traffic.jsonl}
        if [ -e "$log" ]; then cp "$log" "$TREEFILL_RECORDINGS/helix-${name//\//-}.jsonl"; fi
    done
fi
if [ -z "$failed" ]; then
    rm -rf "$work"
else
    echo "FAIL Helix; its traffic, logs and screens are in $work" >&2
    exit 1
fi

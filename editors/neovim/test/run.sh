#!/usr/bin/env bash
# Drives real Neovims against a treefill binary, with its built-in model: run.sh NVIM OLD_NVIM TREEFILL
# What the run leaves (traffic, logs) is kept when it fails, and the place is printed; with $TREEFILL_RECORDINGS the traffic
# is kept there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
nvim=$(realpath -s "$1")
old=$(realpath -s "$2")
server=$(realpath "$3")
work=$(mktemp -d "${TMPDIR:-/tmp}/treefill-nvim.XXXXXX")

# No configuration of the person who runs this, and none of treefill's; the model's cache may be shared.
export XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state
# Time to spare: how much of a file the model reads depends on its speed, and a busy machine must not change the result.
mkdir -p "$XDG_CONFIG_HOME/treefill"
printf '[model]\nmax_prefill_ms = 20000\n[completion]\ndeadline_ms = 30000\neagerness = "high"\n' >"$XDG_CONFIG_HOME/treefill/config.toml"
unset TREEFILL_CONFIG TREEFILL_LOG NVIM VIMINIT
# The plugin as it is given away.
export TREEFILL_SITE=$work/site
mkdir -p "$TREEFILL_SITE/pack/test/opt"
"$here/../../../scripts/pack-neovim.sh" "$work/treefill.nvim.tar.gz"
tar -xzf "$work/treefill.nvim.tar.gz" -C "$TREEFILL_SITE/pack/test/opt"

failed=()
part() {
    local name=$1
    shift
    "$nvim" --clean -l "$here/$name.lua" "$@" || failed+=("$name")
}
"$old" --clean -l "$here/unit.lua" || failed+=("unit tests in the old Neovim")
part unit
part scripted "$nvim" "$work" auto
part scripted "$nvim" "$work" own
part scripted "$old" "$work" auto
part readme "$nvim" "$server" "$work" "$here/../README.md"
part real "$nvim" "$nvim" "$server" "$work"
part real "$old" "$nvim" "$server" "$work"
part states "$nvim" "$nvim" "$server" "$work"
part model "$nvim" "$server" "$work"
part typing "$nvim" "$old" "$server" "$work"
if [ -n "${TREEFILL_CAPTURES:-}" ]; then part capture "$nvim" "$server" "$work" "$here/../docs"; fi

if [ -n "${TREEFILL_RECORDINGS:-}" ]; then
    for log in "$work"/*/traffic.jsonl; do cp "$log" "$TREEFILL_RECORDINGS/neovim-$(basename "$(dirname "$log")" | tr ' ' '-').jsonl"; done
fi
if [ ${#failed[@]} = 0 ]; then
    rm -rf "$work"
else
    echo "FAIL Neovim: ${failed[*]}; traffic and logs are in $work" >&2
    exit 1
fi

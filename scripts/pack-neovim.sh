#!/usr/bin/env bash
# Packs the Neovim plugin, ready to be unpacked into a package folder (:help packages): scripts/pack-neovim.sh OUT.tar.gz
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:?where to: scripts/pack-neovim.sh treefill.nvim.tar.gz}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir "$stage/treefill.nvim"
for part in lua plugin lsp doc README.md; do cp -R "$root/editors/neovim/$part" "$stage/treefill.nvim/"; done
rm -f "$stage/treefill.nvim/doc/tags"
cp "$root/LICENSE-MIT" "$root/LICENSE-APACHE" "$stage/treefill.nvim/"
tar -C "$stage" -czf "$out" treefill.nvim

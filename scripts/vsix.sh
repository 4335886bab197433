#!/usr/bin/env bash
# Makes the VS Code extension: vsix.sh TREEFILL FOLDER. Two files: for this platform with the binary inside, and for all
# platforms without, which finds `treefill` in the PATH or by a setting.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
server=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
# The Node of the editor tests, if they have been set up and there is no other.
export PATH=$PATH:${TREEFILL_EDITORS:-$root/.tools/editors}/bin
if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || ! command -v npm >/dev/null; then
    echo "vsix: Node 20 or newer and npm are needed in PATH; scripts/setup-vscode.sh fetches both on Debian" >&2
    exit 1
fi
cd "$root/editors/vscode"
scripts/fetch.sh
version=$(node -p 'require("./package.json").version')
node scripts/manifest.mjs "$server" --check
node scripts/package.mjs "$out/treefill-$version.vsix"
node scripts/package.mjs "$out/treefill-$(node -p 'process.platform + "-" + process.arch')-$version.vsix" "$server"
ls -l "$out"/*.vsix

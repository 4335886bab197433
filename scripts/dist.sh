#!/usr/bin/env bash
# Makes a release for this platform: dist.sh FOLDER [TREEFILL]. The archive, the two .vsix files, the Neovim plugin, SHA256SUMS.
# Without TREEFILL the binary is built for any machine of the last ten years, in a target folder of its own, which takes as long
# as the first build; with it, that one is packed as it is. Node 20 and npm are needed for the .vsix (see vsix.sh).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)

case $(uname -s) in
Linux) system=linux exe= ;;
Darwin) system=darwin exe= ;;
MINGW* | MSYS*) system=win32 exe=.exe ;;
*) echo "dist: no release is made on $(uname -s)" >&2 && exit 1 ;;
esac
case $(uname -m) in
x86_64) machine=x64 ;;
aarch64 | arm64) machine=arm64 ;;
*) echo "dist: no release is made for $(uname -m)" >&2 && exit 1 ;;
esac

cpp=
# build LEVEL FOLDER OPTION...: llama.cpp at a level that does not depend on this machine; the binary itself says when a CPU has
# less. C++ gets what is in `cpp` too. Only Linux x86-64 was tried.
build() {
    local level=$1 arm=-march=armv8-a folder=$root/target/$2
    shift 2
    export CFLAGS_x86_64_unknown_linux_gnu=$level CXXFLAGS_x86_64_unknown_linux_gnu="$level${cpp:+ $cpp}"
    export CFLAGS_x86_64_apple_darwin=$level CXXFLAGS_x86_64_apple_darwin=$level
    export CFLAGS_x86_64_pc_windows_msvc=/arch:AVX2 CXXFLAGS_x86_64_pc_windows_msvc=/arch:AVX2
    # ARM has no such check, so every 64-bit one must do.
    export CFLAGS_aarch64_unknown_linux_gnu=$arm CXXFLAGS_aarch64_unknown_linux_gnu=$arm
    (cd "$root" && CARGO_TARGET_DIR=$folder "${CARGO:-cargo}" build --release --locked --bin treefill "$@" >&2)
    echo "$folder/release/treefill$exe"
}

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
if [ -n "${2:-}" ]; then
    server=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
else
    server=$stage/treefill$exe
    cp "$(build -march=x86-64-v3 portable)" "$server"
    # The engine's process is started from the best of these that the CPU can run; it is given the model by path.
    if [ $system-$machine = linux-x64 ]; then
        mkdir "$stage/treefill-engines"
        v4="-march=x86-64-v4 -mavx512vnni"
        cp "$(build "$v4" portable-v4 --no-default-features --features llama)" "$stage/treefill-engines/x86-64-v4"
        # The best is the last by name. No machine with AMX was at hand: compiled only, and given up where it crashes.
        cpp="-include $root/scripts/amx/tile_loadconfig.h"
        cp "$(build "$v4 -mamx-tile -mamx-int8" portable-v4-amx --no-default-features --features llama)" "$stage/treefill-engines/x86-64-v4-amx"
    fi
fi
engines=$(dirname "$server")/treefill-engines
version=$("$server" --version | cut -d ' ' -f 2)
# What an earlier run left must not get into the checksums.
rm -f "$out"/treefill-*.tar.gz "$out"/treefill-*.vsix "$out"/treefill.nvim.tar.gz "$out"/SHA256SUMS
# First what says clearly when there is no Node.
"$root/scripts/vsix.sh" "$server" "$out" >&2
export PATH=$PATH:${TREEFILL_EDITORS:-$root/.tools/editors}/bin

name=treefill-$version-$system-$machine
folder=$stage/$name
mkdir -p "$folder/completions" "$folder/editors"
cp "$server" "$folder/treefill$exe"
chmod 755 "$folder/treefill$exe"
[ ! -d "$engines" ] || cp -R "$engines" "$folder"
cp "$root"/{README.md,CHANGELOG.md,LICENSE-MIT,LICENSE-APACHE} "$folder"
node "$root/scripts/licences.mjs" "$folder/THIRD-PARTY.txt"
"$server" generate man "$folder/man/man1"
"$server" generate completions bash >"$folder/completions/treefill.bash"
"$server" generate completions fish >"$folder/completions/treefill.fish"
"$server" generate completions zsh >"$folder/completions/_treefill"
"$server" generate completions powershell >"$folder/completions/treefill.ps1"
# What users need of editors/: not the tests, and VS Code's extension is a file of its own.
cp "$root/editors/README.md" "$folder/editors"
for part in helix/{README.md,languages.toml,docs} neovim/{README.md,docs} vscode/{README.md,docs} web/{README.md,docs} emacs/init.el; do
    mkdir -p "$folder/editors/$(dirname "$part")"
    cp -R "$root/editors/$part" "$folder/editors/$part"
done
"$root/scripts/pack-neovim.sh" "$out/treefill.nvim.tar.gz"
cp "$out/treefill.nvim.tar.gz" "$folder/editors/neovim/"
# What the README points to.
pointed=(ARCHITECTURE.md CONTRIBUTING.md docs/src benches/RESULTS.md benches/cases/README.md models/default/README.md models/train/README.md)
tar -C "$root" -cf - "${pointed[@]}" | tar -C "$folder" -xf -
for file in $(grep -o '\]([^:)#]*)' "$folder/README.md" | tr -d '()]'); do
    [ -e "$folder/$file" ] || { echo "dist: README.md points to $file, which is not in the archive" >&2 && exit 1; }
done
tar -C "$stage" -czf "$out/$name.tar.gz" "$name"

sums=(sha256sum)
command -v sha256sum >/dev/null || sums=(shasum -a 256)
(cd "$out" && "${sums[@]}" treefill-*.tar.gz treefill.nvim.tar.gz treefill-*.vsix >SHA256SUMS && cat SHA256SUMS)

#!/usr/bin/env bash
# Puts the editors that `make test-editors` drives into a folder of their own: $TREEFILL_EDITORS, else .tools/editors.
# It does not touch the editors, the libraries or the package lists of this machine. Safe to run again: it then does
# nothing. It prints the folder's bin/ on stdout, everything else on stderr.
#
# Neovim 0.12 is the first with inline completion, and Debian 12 has 0.7. The packages of a newer Debian suite are
# unpacked with their own libc and bound to it, instead of being installed: a chroot would need root for every test run,
# and an AppImage or a tarball from a web site is neither signed by the distribution nor in a registry.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
prefix=${TREEFILL_EDITORS:-$root/.tools/editors}
suite=${TREEFILL_EDITORS_SUITE:-forky}

say() { echo "setup-editors: $*" >&2; }

# Whether this Neovim has vim.lsp.inline_completion.
new_enough() {
    [ -x "$(command -v "$1")" ] && [ "$("$1" --headless --clean -l <(echo 'io.write(vim.fn.has("nvim-0.12"))') 2>/dev/null)" = 1 ]
}

if new_enough "$prefix/bin/nvim"; then
    echo "$prefix/bin"
    exit 0
fi
if new_enough nvim; then
    mkdir -p "$prefix/bin"
    ln -sf "$(command -v nvim)" "$prefix/bin/nvim"
    say "using $(command -v nvim), which is new enough"
    echo "$prefix/bin"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    say "Neovim 0.12 or newer is needed and not in PATH. Install it (dnf, pacman and brew call it neovim) and run this again."
    exit 1
fi

tools=()
command -v patchelf >/dev/null || tools+=(patchelf)
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || tools+=(debian-archive-keyring)
if [ ${#tools[@]} -gt 0 ]; then
    say "about to install with apt-get: ${tools[*]}"
    as_root=()
    if [ "$(id -u)" != 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            say "that needs root. Run: sudo apt-get update && sudo apt-get install -y ${tools[*]}"
            exit 1
        fi
        as_root=(sudo -n)
    fi
    "${as_root[@]}" apt-get update -qq >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${tools[@]}" >&2
fi

# The mirror that this machine already uses for Debian itself, so that nothing but the suite is our choice.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
    awk '$2 !~ /-/ { print $1; exit }')
if [ -z "$mirror" ]; then
    say "apt has no package lists of a Debian suite; run apt-get update first"
    exit 1
fi

# A private apt: its own lists, status and cache. Signatures are checked with the machine's own keyring.
work=$prefix/$suite
mkdir -p "$work"/{state/lists/partial,cache/archives/partial,fs}
: >"$work/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/sources.list"
private=(-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferencesparts=/dev/null -o "Dir::State=$work/state" -o "Dir::State::status=$work/status"
    -o "Dir::Cache=$work/cache" -o APT::Install-Recommends=false -o "APT::Sandbox::User=$(id -un)"
    -o Acquire::Languages=none -o Debug::NoLocking=1)
say "fetching Neovim and the libraries it needs from Debian $suite into $work"
apt-get "${private[@]}" update -qq >&2
apt-get "${private[@]}" install -y -qq --download-only neovim >&2

for package in "$work"/cache/archives/*.deb; do dpkg-deb -x "$package" "$work/fs"; done
rm -rf "$work/state"

# Bound to their own libc by the file itself: LD_LIBRARY_PATH would leak into the language servers Neovim starts.
loader=$(find "$work/fs" -name 'ld-linux*.so.*' -path '*-linux-gnu*' -print -quit)
patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$(dirname "$loader")" "$work/fs/usr/bin/nvim"
mkdir -p "$prefix/bin"
printf '#!/bin/sh\nexport VIMRUNTIME=%s\nexec %s "$@"\n' "$work/fs/usr/share/nvim/runtime" "$work/fs/usr/bin/nvim" >"$prefix/bin/nvim"
chmod +x "$prefix/bin/nvim"

if ! new_enough "$prefix/bin/nvim"; then
    say "the Neovim from Debian $suite does not run here or is older than 0.12: $("$prefix/bin/nvim" --version 2>&1 | head -1)"
    exit 1
fi
say "$("$prefix/bin/nvim" --version | head -1) is in $prefix/bin"
echo "$prefix/bin"

#!/usr/bin/env bash
# Puts the editors that `make test-editors` drives into a folder of their own: $TREEFILL_EDITORS, else .tools/editors.
# bin/nvim is Neovim 0.12 or newer, bin/nvim-0.10 the oldest that our plugin works in, bin/hx Helix. With names as arguments only
# those, and what `make test-more-editors` drives: emacs is Emacs 30 or newer.
# It does not touch the editors, the libraries or the package lists of this machine. Safe to run again: it then does
# nothing. It prints the folder's bin/ on stdout, everything else on stderr.
#
# Neovim 0.12 is the first with inline completion, and Debian 12 has 0.7, and no Helix at all. The packages of a newer
# Debian suite are unpacked with their own libc and bound to it, instead of being installed: a chroot would need root for
# every test run, and an AppImage or a tarball from a web site is neither signed by the distribution nor in a registry.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
prefix=${TREEFILL_EDITORS:-$root/.tools/editors}
suite=${TREEFILL_EDITORS_SUITE:-forky}
# Debian 13 has Neovim 0.10.4 and Emacs 30.1.
old_suite=trixie

say() { echo "setup-editors: $*" >&2; }
. "$root/scripts/apt.sh"

# Whether this program runs here and is new enough, by the name that it has in our bin/. Neovim: it must have
# vim.lsp.inline_completion. Helix: 25.01 is the oldest that was tried. Emacs 30 is the first that shows completions in grey.
new_enough() {
    [ -x "$(command -v "$2")" ] || return 1
    case $1 in
    nvim) [ "$("$2" --headless --clean -l <(echo 'io.write(vim.fn.has("nvim-0.12"))') 2>/dev/null)" = 1 ] ;;
    nvim-0.10) "$2" --version 2>/dev/null | grep -q '^NVIM v0\.10\.' ;;
    emacs) [ "$("$2" --batch -Q --eval '(princ (>= emacs-major-version 30))' 2>/dev/null)" = t ] ;;
    hx) "$2" --version 2>/dev/null | awk '$1 == "helix" { split($2, v, "."); new = v[1] * 100 + v[2] >= 2501 } END { exit !new }' ;;
    esac
}

# Takes an editor of ours or one in PATH, whatever it is called there; fails when there is none that is new enough.
found() {
    local name=$1 other
    new_enough "$name" "$prefix/bin/$name" && return
    shift
    for other in "$@"; do
        if new_enough "$name" "$other"; then
            mkdir -p "$prefix/bin"
            ln -sf "$(command -v "$other")" "$prefix/bin/$name"
            say "using $(command -v "$other"), which is new enough"
            return
        fi
    done
    return 1
}

# Packages to unpack, and tools to install. Arch and some others call Helix's program helix, as hx is taken there.
packages=() tools=()
[ $# -gt 0 ] || set -- nvim nvim-0.10 hx
for editor in "$@"; do
    case $editor in
    nvim) found nvim nvim || packages+=(neovim) ;;
    nvim-0.10) found nvim-0.10 nvim || packages+=(neovim-old) ;;
    hx) found hx hx helix || packages+=(hx) ;;
    emacs) found emacs emacs emacs-nox || packages+=(emacs) ;;
    *) say "there is no $editor here" && exit 1 ;;
    esac
done
command -v tmux >/dev/null || tools+=(tmux)
if [ ${#packages[@]} -gt 0 ]; then
    command -v patchelf >/dev/null || tools+=(patchelf)
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || tools+=(debian-archive-keyring)
fi
if [ ${#packages[@]} = 0 ] && [ ${#tools[@]} = 0 ]; then
    echo "$prefix/bin"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    say "needed in PATH, new enough: ${packages[*]} ${tools[*]}. Install them (dnf, pacman and brew call them neovim, helix, emacs"
    say "and tmux) and run this again."
    exit 1
fi

if [ ${#tools[@]} -gt 0 ]; then
    apt_install "${tools[@]}"
fi
if [ ${#packages[@]} = 0 ]; then
    echo "$prefix/bin"
    exit 0
fi

# The mirror that this machine already uses for Debian itself, so that nothing but the suite is our choice.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
    awk '$2 !~ /-/ { print $1; exit }')
if [ -z "$mirror" ]; then
    say "apt has no package lists of a Debian suite; run apt-get update first"
    exit 1
fi

# A private apt: its own lists, status and cache. Signatures are checked with the machine's own keyring.
use_suite() {
    lists=$prefix/$1
    mkdir -p "$lists/state/lists/partial"
    : >"$lists/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$lists/sources.list"
    private=(-o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::Etc::preferencesparts=/dev/null -o "Dir::State=$lists/state" -o "Dir::State::status=$lists/status"
        -o APT::Install-Recommends=false -o "APT::Sandbox::User=$(id -un)"
        -o Acquire::Languages=none -o Debug::NoLocking=1)
    [ -e "$lists/state/fresh" ] || apt-get "${private[@]}" update -qq >&2
    touch "$lists/state/fresh"
}

# Unpacks a package and makes bin/NAME: unpack SUITE PACKAGE NAME PROGRAM VARIABLE=FOLDER…, where the program finds its own
# files in a FOLDER, which may be a pattern, by the VARIABLE. Each editor has its own copy of the libraries, some 20 MB: two that were fetched at
# different times may need different ones.
unpack() {
    use_suite "$1"
    local package=$2 name=$3 work=$lists/$2
    local program=$work/fs/$4 loader setting
    shift 4
    # What an interrupted or older run left would be mixed with newer libraries.
    rm -rf "$work" "$prefix/bin/$name"
    mkdir -p "$work/cache/archives/partial" "$work/fs" "$prefix/bin"
    say "fetching $package and the libraries it needs from Debian ${lists##*/} into $work"
    apt-get "${private[@]}" -o "Dir::Cache=$work/cache" install -y -qq --download-only "$package" >&2
    for archive in "$work"/cache/archives/*.deb; do dpkg-deb -x "$archive" "$work/fs"; done
    # Bound to their own libc by the file itself: LD_LIBRARY_PATH would leak into the language servers they start.
    loader=$(find "$work/fs" -name 'ld-linux*.so.*' -path '*-linux-gnu*' -print -quit)
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$(dirname "$loader")" "$program"
    {
        echo '#!/bin/sh'
        for setting in "$@"; do echo "export ${setting%%=*}=$(echo "$work"/fs/${setting#*=})"; done
        echo "exec $program \"\$@\""
    } >"$prefix/bin/$name"
    # What Emacs has in its memory when it starts is found beside it by this name.
    for image in "$work"/fs/usr/libexec/emacs/*/*/emacs-*.pdmp; do
        [ ! -e "$image" ] || ln -sf "$image" "$program.pdmp"
    done
    chmod +x "$prefix/bin/$name"
    if ! new_enough "$name" "$prefix/bin/$name"; then
        say "the $package from Debian ${lists##*/} does not run here or is too old: $("$prefix/bin/$name" --version 2>&1 | head -1)"
        exit 1
    fi
    say "$("$prefix/bin/$name" --version | head -1) is in $prefix/bin"
}

for package in "${packages[@]}"; do
    case $package in
    neovim) unpack "$suite" neovim nvim usr/bin/nvim VIMRUNTIME=usr/share/nvim/runtime ;;
    neovim-old) unpack "$old_suite" neovim nvim-0.10 usr/bin/nvim VIMRUNTIME=usr/share/nvim/runtime ;;
    hx) unpack "$suite" hx hx usr/lib/hx/hx HELIX_RUNTIME=usr/lib/hx/runtime ;;
    emacs) unpack "$old_suite" emacs-nox emacs usr/bin/emacs-nox 'EMACSLOADPATH=usr/share/emacs/3*/lisp' \
        'EMACSDATA=usr/share/emacs/3*/etc' 'EMACSDOC=usr/share/emacs/3*/etc' 'EMACSPATH=usr/libexec/emacs/3*/*-linux-*' ;;
    esac
done
rm -rf "$prefix/$suite/state" "$prefix/$old_suite/state"
echo "$prefix/bin"

#!/usr/bin/env bash
# Puts llama.cpp's server into a folder of its own: $TREEFILL_SERVERS/llama, else .tools/servers/llama. Prints the program on
# stdout, everything else on stderr. Safe to run again: it then does nothing. A llama-server of PATH is taken as it is.
#
# It is Debian's own, of a newer suite than most machines have: its packages are unpacked with their own libc, as
# scripts/setup-editors.sh does with editors. Not compiled (benches/peer/build_server.sh): that takes 8 minutes and more.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prefix=${TREEFILL_SERVERS:-$root/.tools/servers}/llama
suite=${TREEFILL_SERVERS_SUITE:-forky}
program=$prefix/bin/llama-server

say() { echo "llama-server: $*" >&2; }
. "$root/scripts/apt.sh"

runs() { "$1" --version >/dev/null 2>&1; }

if runs "$program"; then
    echo "$program"
    exit 0
fi
if command -v llama-server >/dev/null && runs llama-server; then
    command -v llama-server
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    say "no llama-server in PATH. Install llama.cpp (brew, pacman and dnf call it llama.cpp), or build it with"
    say "benches/peer/build_server.sh DIR and put DIR/bin into PATH, and run this again."
    exit 1
fi
command -v patchelf >/dev/null || apt_install patchelf
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || apt_install debian-archive-keyring

# The mirror that this machine already uses for Debian itself, so that nothing but the suite is our choice.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
    awk '$2 !~ /-/ { print $1; exit }')
if [ -z "$mirror" ]; then
    say "apt has no package lists of a Debian suite; run apt-get update first"
    exit 1
fi

# A private apt: its own lists, status and cache. Signatures are checked with the machine's own keyring.
rm -rf "$prefix"
mkdir -p "$prefix/state/lists/partial" "$prefix/cache/archives/partial" "$prefix/fs" "$prefix/bin"
: >"$prefix/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$prefix/sources.list"
private=(-o "Dir::Etc::sourcelist=$prefix/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferencesparts=/dev/null -o "Dir::State=$prefix/state" -o "Dir::State::status=$prefix/status"
    -o "Dir::Cache=$prefix/cache" -o APT::Install-Recommends=false -o "APT::Sandbox::User=$(id -un)"
    -o Acquire::Languages=none -o Debug::NoLocking=1)
say "fetching llama.cpp and the libraries it needs from Debian $suite into $prefix"
apt-get "${private[@]}" update -qq >&2
apt-get "${private[@]}" install -y -qq --download-only llama.cpp-tools >&2
for archive in "$prefix"/cache/archives/*.deb; do dpkg-deb -x "$archive" "$prefix/fs"; done

# Bound to their own libc by the files themselves: LD_LIBRARY_PATH would leak into what they start. ggml looks for its
# processors' back ends beside the program.
loader=$(find "$prefix/fs" -name 'ld-linux*.so.*' -path '*-linux-gnu*' -print -quit)
libraries=$(dirname "$loader")
backends=$(dirname "$(find "$libraries" -name 'libggml-cpu*.so' -print -quit)")
for library in "$libraries"/llama/*.so "$libraries"/libllama*.so.*.* "$libraries"/libggml*.so.*.*; do
    patchelf --force-rpath --set-rpath "$libraries:$libraries/llama" "$library"
done
for name in llama-server llama-quantize; do
    cp "$prefix/fs/usr/bin/$name" "$backends/$name"
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries:$libraries/llama" "$backends/$name"
    printf '#!/bin/sh\nexec %s "$@"\n' "$backends/$name" >"$prefix/bin/$name"
    chmod +x "$prefix/bin/$name"
done
rm -rf "$prefix/cache" "$prefix/state"
if ! runs "$program"; then
    say "the llama-server of Debian $suite does not run here: $("$program" --version 2>&1 | tail -1)"
    exit 1
fi
say "$("$program" --version 2>&1 | grep '^version' || true) is in $prefix/bin"
echo "$program"

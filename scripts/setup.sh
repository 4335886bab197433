#!/bin/sh
# Checks that everything the build needs is there, and installs what is missing where it can: with apt-get on Debian and
# Ubuntu, as root or with a sudo that asks for no password. Everywhere else it prints the command to run. Plain sh, for
# a machine that has nothing yet. It never installs Rust, which a user may want to choose how to get.
set -eu

say() { echo "setup: $*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# bindgen reads llama.cpp's headers with libclang, and libclang needs its own stddef.h.
has_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    for library in /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*/libclang*.so* /usr/lib/libclang*.so* \
        /usr/lib64/libclang*.so* /usr/lib64/llvm*/lib/libclang*.so* /usr/local/lib/libclang*.so* \
        /opt/homebrew/opt/llvm/lib/libclang.dylib /usr/local/opt/llvm/lib/libclang.dylib \
        /Library/Developer/CommandLineTools/usr/lib/libclang.dylib \
        /Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib/libclang.dylib; do
        case "$library" in
        # Another library, which distributions have without the one that is needed.
        *libclang-cpp*) ;;
        *) [ -e "$library" ] && return 0 ;;
        esac
    done
    has llvm-config && [ -e "$(llvm-config --libdir)/libclang.so" ]
}

# A compiler that can link a C++ program: Debian has the name c++ in packages that bring no library.
has_cxx() {
    scratch=$(mktemp -d)
    echo '#include <vector>
int main() { return std::vector<int>().size(); }' >"$scratch/try.cpp"
    result=1
    for compiler in ${CXX:-} c++ g++ clang++; do
        if has "$compiler" && "$compiler" -o "$scratch/try" "$scratch/try.cpp" 2>/dev/null; then
            result=0
            break
        fi
    done
    rm -rf "$scratch"
    return $result
}

if ! has cargo; then
    if [ -x "$HOME/.cargo/bin/cargo" ]; then
        say "cargo is in $HOME/.cargo/bin, which is not in PATH; it is used from there"
    else
        say "Rust is missing. Install it as https://rustup.rs says:"
        say "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
        say "or from your distribution (Debian 13, Ubuntu 24.04 and newer: apt-get install rustup), then run this again."
        exit 1
    fi
fi

# name on apt : dnf : pacman : brew
missing=""
need() { missing="$missing $1:$2:$3:$4"; }
has make || need make make make make
has cmake || need cmake cmake cmake cmake
has_cxx || need g++ gcc-c++ gcc gcc
has_libclang || need libclang-dev clang-devel clang llvm
[ -n "$missing" ] || exit 0

names() {
    for row in $missing; do echo "$row" | cut -d: -f"$1"; done | tr '\n' ' ' | sed 's/ $//'
}

if has apt-get; then
    packages=$(names 1)
    if [ "$(id -u)" = 0 ]; then
        sudo=""
    elif has sudo && sudo -n true 2>/dev/null; then
        sudo="sudo -n"
    else
        say "missing: $packages. Installing them needs root. Run:"
        say "    sudo apt-get update && sudo apt-get install -y $packages"
        say "and then the same command again."
        exit 1
    fi
    say "about to install with apt-get: $packages"
    # First the lists: a fresh image has none, and old ones name packages that are gone. A repository that does not
    # answer is not fatal; whether the packages can be had shows below.
    $sudo apt-get update -qq || say "apt-get update had errors; trying all the same"
    # shellcheck disable=SC2086
    if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null; then
        say "apt-get could not install them. Fix what it says above, then run:"
        say "    apt-get update && apt-get install -y $packages"
        exit 1
    fi
elif has dnf; then
    say "missing. Run:  sudo dnf install -y $(names 2)"
    exit 1
elif has pacman; then
    say "missing. Run:  sudo pacman -S --needed $(names 3)"
    exit 1
elif has brew; then
    say "missing. Run:  brew install $(names 4)"
    exit 1
else
    say "missing: cmake, make, a C++ compiler or libclang (the library, with its headers). Install them:"
    say "    Debian, Ubuntu: apt-get install $(names 1)"
    say "    Fedora:         dnf install $(names 2)"
    say "    Arch:           pacman -S $(names 3)"
    say "    macOS:          brew install $(names 4)"
    exit 1
fi

# What a package manager calls installed may still not be found by the build: say so here, not 300 lines later.
has make && has cmake && has_cxx && has_libclang || {
    say "installed, but still not found: look at PATH, CXX and LIBCLANG_PATH"
    exit 1
}

# Sourced by the set-up scripts of the editors: apt_install PACKAGE..., which says what it does through the caller's `say`.

apt_install() {
    say "about to install with apt-get: $*"
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            say "that needs root. Run: sudo apt-get update && sudo apt-get install -y $*"
            exit 1
        fi
        as_root=(sudo -n)
    fi
    "${as_root[@]}" apt-get update -qq >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

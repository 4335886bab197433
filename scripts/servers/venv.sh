# Sourced by the scripts of servers that are Python packages: venv_with DIR REQUIREMENT DOING, once; it says what it does through
# the caller's `say`.

venv_with() {
    [ -e "$1/whole" ] && return
    command -v python3 >/dev/null || { say "python3 (3.10 or newer, with venv) is needed"; exit 1; }
    say "$3 $2 into $1"
    rm -rf "$1"
    python3 -m venv "$1"
    "$1/bin/pip" install -q --disable-pip-version-check --no-compile "$2" >&2
    touch "$1/whole"
}

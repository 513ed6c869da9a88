# Shared by the set-up scripts: one line a step, and errors that say what to do. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '• %s\n' "$*"; }
fail() { printf '✗ %s\n' "$*" >&2; exit 1; }

# Installs the Debian packages that are missing; asks for sudo only then, and only for apt.
need_packages() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    say "installing Debian packages: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "apt needs root and sudo is missing; as root run: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update -qq \
        && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install: ${missing[*]} (its last lines are above)"
    fi
    rm -f "$log"
}

# Puts swift on the PATH, from where swiftly installs it if need be.
need_swift() {
    if ! command -v swift >/dev/null; then
        for folder in "${SWIFTLY_BIN_DIR:-}" "$HOME/.local/share/swiftly/bin" "$HOME/.swiftly/bin" /usr/share/swift/usr/bin; do
            [ -n "$folder" ] && [ -x "$folder/swift" ] && PATH="$folder:$PATH" && break
        done
    fi
    command -v swift >/dev/null || fail "Swift 6.3 is missing. Install it with swiftly:
    curl -O https://download.swift.org/swiftly/linux/swiftly-\$(uname -m).tar.gz
    tar zxf swiftly-\$(uname -m).tar.gz && ./swiftly init && . \"\$HOME/.local/share/swiftly/env.sh\"
    swiftly install 6.3
then run this again."
    export PATH
}

# What root makes in a user's folder cannot be written by the user later. So sudo is for apt alone; and where it was used
# for more, say so instead of failing in the middle.
check_owner() {
    local folder
    if [ "$(id -u)" -eq 0 ] && [ "${SUDO_UID:-0}" -ne 0 ] && [ "$(stat -c %u "$root")" -ne 0 ]; then
        fail "run this as ${SUDO_USER:-yourself}, without sudo: it asks for sudo itself where apt needs it"
    fi
    for folder in "$root/.build" "$root/.venv" "$root/.venv-agents" "$root/Benchmarks/.build" "$root/Fuzz/.build"; do
        [ ! -e "$folder" ] || [ -w "$folder" ] \
            || fail "$folder belongs to another user (was it made with sudo?); remove it: sudo rm -rf '$folder'"
    done
}

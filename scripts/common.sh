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

# A build folder made by root cannot be written by the user later: say so instead of failing in the middle.
check_build_folder() {
    [ -e "$root/.build" ] || return 0
    [ -w "$root/.build" ] || fail "$root/.build belongs to another user (was it built with sudo?); remove it: sudo rm -rf '$root/.build'"
}

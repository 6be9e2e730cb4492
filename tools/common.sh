# What ./ws2 and the scripts in tools/ share: messages, packages, the build. Sourced; needs $root.

# Debian packages for everything but the demo's download.
packages=(wine wine64 wine64-tools libwine-dev gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 gcc libc6-dev libgnutls30 openssl
    meson ninja-build pkg-config check xvfb xauth xdotool dnsmasq-base microsocks tinyproxy-bin gdb-mingw-w64-target tshark python3 curl)

say() { printf '%s\n' "$*" >&2; }
die() {
    printf 'ws2: %s\n' "$*" >&2
    exit 1
}

# Runs a command quietly with its output in a log; shows the end of the log when it fails.
quietly() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 && return
    tail -n 30 "$log" >&2
    return 1
}

# Starts this program again, once, without address-space randomisation where the system lets us. Wine 8.0 needs the address 0x7ffe0000 in each process,
# and Linux (5.18 and later) puts the heap of Wine's loader anywhere in the gigabyte around it: one process in some thousands finds the address taken
# and ends at once ("failed to map the shared user data: c0000018", which WINEDEBUG=-all hides). A test run starts some thousands.
at_fixed_addresses() { # program, arguments
    [ -z "${WS2KIT_FIXED_ADDRESSES:-}" ] && setarch -R true 2>/dev/null || return 0
    export WS2KIT_FIXED_ADDRESSES=1
    exec setarch -R "$@"
}

install_packages() {
    local name missing=() log
    command -v dpkg-query >/dev/null ||
        die "this is not a Debian system; install by other means what Debian calls: $*"
    for name; do
        case $(dpkg-query -W -f '${Status}' "$name" 2>/dev/null || true) in
        *' installed') ;;
        *) missing+=("$name") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    if [ "$(id -u)" -ne 0 ]; then
        say "ws2: these Debian packages are missing, and only root may install them. Run:"
        say "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
        exit 1
    fi
    say "setup: installing ${#missing[@]} Debian packages: ${missing[*]}"
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    quietly "$log" apt-get update || die "apt-get update failed (above); is the network there?"
    apt-get install -y --no-install-recommends "${missing[@]}" 2>&1 | tee "$log" |
        awk '/^Unpacking/ { if (++n % 20 == 0) { print "setup: " n " packages unpacked"; fflush() } }' >&2 || true
    for name in "${missing[@]}"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q ' installed' ||
            { tail -n 30 "$log" >&2; die "the package $name did not install (above)"; }
    done
    rm -f "$log"
}

build_one() { # directory, meson setup arguments
    local dir=$root/build/$1
    if [ ! -f "$dir/build.ninja" ]; then
        say "build: configuring $1"
        mkdir -p "$root/build"
        quietly "$root/build/$1.setup.log" meson setup "${@:2}" "$dir" "$root" ||
            die "meson could not configure $1 (above)"
    fi
    say "build: compiling $1"
    ninja -C "$dir" >"$root/build/$1.log" 2>&1 || {
        grep -A5 -E 'error|FAILED|warning|ERROR' "$root/build/$1.log" | head -n 60 >&2
        die "$1 does not compile; the whole log is build/$1.log"
    }
}

build_all() {
    local arch
    for arch in x86_64 i686; do
        build_one "$arch" --cross-file "$root/cross/$arch.ini"
    done
}

# The unit tests twice: all of them under AddressSanitizer and UBSan; those of lock-free code also under ThreadSanitizer.
build_host() {
    build_one host -Db_sanitize=address,undefined -Db_lundef=false
    build_one tsan -Db_sanitize=thread -Db_lundef=false
}
threaded_tests=(base/handle_map ws2_32/completion ws2_32/sockets names/named)

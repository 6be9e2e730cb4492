# Wine prefixes: making them, keeping them current, running in them. Sourced; needs common.sh.

# The DLLs that take the place of Wine's own.
replaced=(ws2_32 wsock32 mswsock)

# What a prefix gets in its system32, as files of a build directory.
installed_files() { # build directory
    local tcpip=$1/providers/tcpip/ws2tcpip.dll
    # The same code, marked as one that may have a Unix half.
    [ ! -f "$1/unixlib/x86_64-windows/ws2tcpip.dll" ] || tcpip=$1/unixlib/x86_64-windows/ws2tcpip.dll
    printf '%s\n' "$1"/ws2_32/ws2_32.dll "$1"/ws2_32/compat/{wsock32,mswsock}.dll "$tcpip" \
        "$1"/providers/proxy/ws2proxy.dll \
        "$1"/providers/{tap/ws2tap,tls/ws2tls}.dll "$1"/providers/shape/ws2shape.dll \
        "$1"/providers/trace/ws2trace.dll "$1"/catalog/{wsctl.exe,sporder.exe,sporder.dll} "$1"/namespace/{ws2hosts,ws2dns}.dll
}

# The folder of a prefix where Wine finds the provider's Unix half, for WINEDLLPATH. Without it the provider works as
# well, and slower.
prefix_unixlib() { # prefix
    printf '%s/ws2kit%s' "$(readlink -f "$1")" "${WINEDLLPATH:+:$WINEDLLPATH}"
}

default_prefix() { printf '%s' "${WS2KIT_PREFIX:-${XDG_CACHE_HOME:-$HOME/.cache}/ws2kit/prefix}"; }

# What a prefix's system32 holds: 32-bit DLLs where it was made with WINEARCH=win32, or by a Wine without a 64-bit half.
prefix_arch() { # prefix
    case $(head -n 5 "$1/system.reg") in
    *'#arch=win32'*) echo i686 ;;
    *) echo x86_64 ;;
    esac
}

# True for a 64-bit prefix that runs 32-bit programs as well: only a Wine that can do so fills syswow64.
prefix_has_32() { [ -f "$1/drive_c/windows/syswow64/kernel32.dll" ]; } # prefix

prefix_is_ours() { [ -f "$1/.ws2kit" ]; }

# Runs a Windows program in a prefix and waits for it.
prefix_wine() { # prefix, program, arguments
    WINEPREFIX=$(readlink -f "$1") WINEDLLPATH=$(prefix_unixlib "$1") WINEDEBUG=${WINEDEBUG:--all} wine "${@:2}"
}

# Starts a program that stays, so that the prefix's services are up and each of the next ones need not start and stop all of Wine, and waits until
# it runs: whoever comes first starts the services, and they hold its output open. Sets `keeper`, its process.
prefix_keep() { # prefix, a file for its output
    local _
    : >"$2"
    WINEPREFIX=$(readlink -f "$1") WINEDEBUG=-all wine "$root/build/x86_64/tests/cli/hello.exe" wait >"$2" 2>/dev/null &
    keeper=$!
    for _ in $(seq 600); do
        [ ! -s "$2" ] || return 0
        sleep 0.1
    done
}

prefix_wait() { WINEPREFIX=$(readlink -f "$1") wineserver -w; }
prefix_end() { WINEPREFIX=$(readlink -f "$1") wineserver -k 2>/dev/null || true; }

# True while a wineserver serves this prefix: it stays in a folder named for the prefix's device and inode, which lies in
# different places with different Wines.
prefix_in_use() { # prefix
    local name cwd
    name=$(printf '/server-%x-%x' "$(stat -c %d "$1")" "$(stat -c %i "$1")")
    for cwd in /proc/[0-9]*/cwd; do
        case $(readlink "$cwd" 2>/dev/null) in *"$name") return 0 ;; esac
    done
    return 1
}

# Identifies what the build would install, so that a prefix knows whether it is current.
build_stamp() { # prefix
    local arch
    arch=$(prefix_arch "$1")
    {
        installed_files "$root/build/$arch"
        [ "$arch" != x86_64 ] || echo "$root/build/x86_64/unixlib/x86_64-unix/ws2tcpip.so"
    } | xargs sha256sum | cut -d' ' -f1 | sha256sum | cut -c1-16
}

# Replaces a file by rename: a process that has the old one mapped keeps it.
put_file() { # from, to directory
    cp "$1" "$2/.$(basename "$1").new"
    mv -f "$2/.$(basename "$1").new" "$2/$(basename "$1")"
}

prefix_put_files() { # prefix
    local windows=$1/drive_c/windows arch file half
    arch=$(prefix_arch "$1")
    if [ "$arch" = x86_64 ]; then
        for half in x86_64-windows/ws2tcpip.dll x86_64-unix/ws2tcpip.so; do
            mkdir -p "$1/ws2kit/${half%/*}"
            put_file "$root/build/x86_64/unixlib/$half" "$1/ws2kit/${half%/*}"
        done
    fi
    for file in $(installed_files "$root/build/$arch"); do put_file "$file" "$windows/system32"; done
    if prefix_has_32 "$1"; then
        for file in $(installed_files "$root/build/i686"); do put_file "$file" "$windows/syswow64"; done
    fi
}

prefix_make() { # prefix
    local dir=$1 log name
    if [ -e "$dir" ] && [ ! -d "$dir" ]; then die "$dir is a file; a prefix is a folder"; fi
    if [ -d "$dir" ] && [ ! -f "$dir/system.reg" ] && [ -n "$(ls -A "$dir")" ]; then
        die "$dir is neither empty nor a Wine prefix; choose another folder"
    fi
    if [ -d "$dir" ] && prefix_in_use "$dir"; then
        die "the prefix $dir is in use: end its programs first (WINEPREFIX=$dir wineserver -k)"
    fi
    mkdir -p "$dir" || die "cannot make the folder $dir"
    log=$(mktemp)
    if [ ! -f "$dir/system.reg" ]; then
        say "prefix: making a Wine prefix in $dir (about 10 s)"
        quietly "$log" prefix_wine "$dir" wineboot -i || die "wineboot failed (above)"
        prefix_wait "$dir"
        [ -f "$dir/system.reg" ] || die "wineboot made no prefix in $dir"
    fi
    say "prefix: installing ws2kit's DLLs, the overrides and the catalogs"
    prefix_put_files "$dir"
    {
        printf 'REGEDIT4\n\n[HKEY_CURRENT_USER\\Software\\Wine\\DllOverrides]\n'
        for name in "${replaced[@]}"; do printf '"%s"="native,builtin"\n' "$name"; done
    } >"$log.reg"
    quietly "$log" prefix_wine "$dir" regedit /S "$log.reg" || die "could not write the overrides (above)"
    quietly "$log" prefix_wine "$dir" wsctl.exe create || die "could not write the catalog (above)"
    prefix_wait "$dir"
    build_stamp "$dir" >"$dir/.ws2kit"
    rm -f "$log" "$log.reg"
}

# Makes the prefix if it is not there, and brings its DLLs up to the build.
prefix_ready() { # prefix
    if ! command -v wine >/dev/null || [ ! -f "$root/build/i686/build.ninja" ] ||
        [ ! -f "$root/build/x86_64/ws2_32/ws2_32.dll" ]; then
        install_packages "${packages[@]}"
        build_all
    fi
    if ! prefix_is_ours "$1"; then
        prefix_make "$1"
    elif [ "$(cat "$1/.ws2kit")" != "$(build_stamp "$1")" ]; then
        prefix_put_files "$1"
        prefix_wine "$1" wsctl.exe create >/dev/null 2>&1 || true # brings the journal up to date too
        build_stamp "$1" >"$1/.ws2kit"
    fi
}

known_layers() {
    local dir names=()
    for dir in "$root"/providers/*/; do
        case $(basename "$dir") in kit | tcpip) ;; *) names+=("$(basename "$dir")") ;; esac
    done
    printf '%s' "${names[*]}"
}

# The providers of names that ws2kit has: the name-space providers, and the layers that are one as well.
known_namespaces() {
    local def names=(hosts dns)
    for def in "$root"/providers/*/*.def; do
        if grep -q NSPStartup "$def"; then names+=("$(basename "$(dirname "$def")")"); fi
    done
    printf '%s' "${names[*]}"
}

# Checks the argument of an option that names a DLL and prints it as the environment wants it (a file as its Windows path).
dll_spec() { # what it names, the known names, NAME[,KEY=VALUE…]
    local name=${3%%,*} options=
    [ "$name" = "$3" ] || options=,${3#*,}
    case $3 in *';'*) die "a $1's options cannot contain ';': $3" ;; esac
    case $name in
    '') die "--$1 needs a name" ;;
    */* | *.dll)
        [ -f "$name" ] || die "no such $1 DLL: $name"
        printf 'Z:%s%s' "$(readlink -f "$name" | tr / '\\')" "$options"
        ;;
    *)
        case " $2 " in
        *" $name "*) printf '%s%s' "$name" "$options" ;;
        *) die "unknown $1 '$name'; ws2kit has: $2; or give the path of a $1 DLL" ;;
        esac
        ;;
    esac
}

layer_spec() { dll_spec layer "$(known_layers)" "$1"; }             # for WS2KIT_LAYERS
namespace_spec() { dll_spec namespace "$(known_namespaces)" "$1"; } # for WS2KIT_NAMESPACES

# True if one of these layers has that name, with such an option if a pattern is given.
has_layer() { # name, layers as WS2KIT_LAYERS has them, patterns of options
    local name=$1 item pattern items
    IFS=';' read -ra items <<<"$2"
    shift 2
    for item in "${items[@]}"; do
        [ "${item%%,*}" = "$name" ] || continue
        [ $# -gt 0 ] || return 0
        # shellcheck disable=SC2254
        for pattern; do case ",${item#*,}," in $pattern) return 0 ;; esac done
    done
    return 1
}

# Refuses what this Wine cannot start.
check_machine() { # file
    local machine
    machine=$(python3 - "$1" <<'EOF'
import struct, sys
try:
    data = open(sys.argv[1], "rb").read(4096)
    at = struct.unpack_from("<I", data, 60)[0] if data[:2] == b"MZ" else -1
    pe = at >= 0 and data[at:at + 4] == b"PE\0\0"
    print("%04x" % struct.unpack_from("<H", data, at + 4)[0] if pe else "none")
except (OSError, struct.error):
    print("none")
EOF
    )
    case $machine in
    8664) ;;
    014c)
        [ -e /usr/lib/wine/wine ] || [ -e /usr/lib/i386-linux-gnu/wine ] ||
            die "$1 is a 32-bit program and this Wine has no 32-bit half (Debian: wine32:i386)"
        ;;
    none) die "$1 is not a Windows program" ;;
    *) die "$1 is a program for another processor (PE machine $machine)" ;;
    esac
}

# Prints what to start for PROG: a Unix path, a Windows path, or the name of a program of the prefix.
find_program() { # prefix, program
    case $2 in
    *\\*) printf '%s' "$2" && return ;;
    esac
    if [ -f "$2" ]; then
        check_machine "$2"
        readlink -f "$2"
    elif [[ $2 != */* ]] && [ -f "$1/drive_c/windows/system32/${2%.exe}.exe" ]; then
        printf '%s' "${2%.exe}.exe"
    else
        die "program not found: $2"
    fi
}

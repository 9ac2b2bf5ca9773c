#!/bin/sh
# Gets MicroPython's source and prints the directory where it is; all other words go to stderr.
#
#   tools/micropython/fetch.sh
#       Debian's source package, unpacked below build/micropython-src (tools/source_package.sh)
#   MICROPYTHON=/path/to/checkout tools/micropython/fetch.sh
#       a tree of your own, which is only read
#
# Debian's package is of the suite trixie, also on a machine that runs bookworm, which has no
# MicroPython. MICROPYTHON_SUITE takes another suite, SKERRY_BUILD another build directory.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
suite=${MICROPYTHON_SUITE:-trixie}
source=${SKERRY_BUILD:-$root/build}/micropython-src

say() { echo "$*" >&2; }

fail() {
    [ -z "${1:-}" ] || say "fetch.sh: $1"
    say "Without Debian's package, give a MicroPython tree of your own," \
        "v1.25 or newer with its submodules:"
    say "    MICROPYTHON=/path/to/micropython tools/micropython/build.sh"
    exit 1
}

# check_tree DIR: is this MicroPython, and new enough? Prints major.minor.
check_tree() {
    [ -f "$1/py/mpconfig.h" ] && [ -f "$1/ports/unix/Makefile" ] || return 1
    major=$(sed -n 's/^#define MICROPY_VERSION_MAJOR \([0-9]*\).*/\1/p' "$1/py/mpconfig.h")
    minor=$(sed -n 's/^#define MICROPY_VERSION_MINOR \([0-9]*\).*/\1/p' "$1/py/mpconfig.h")
    echo "${major:-0}.${minor:-0}"
    [ "${major:-0}" -gt 1 ] || { [ "${major:-0}" -eq 1 ] && [ "${minor:-0}" -ge 25 ]; }
}

if [ -n "${MICROPYTHON:-}" ]; then
    version=$(check_tree "$MICROPYTHON") || {
        say "fetch.sh: MICROPYTHON=$MICROPYTHON should be a MicroPython source tree," \
            "version 1.25 or newer; it is ${version:-none}."
        exit 1
    }
    (cd "$MICROPYTHON" && pwd)
    exit 0
fi

"$root/tools/source_package.sh" micropython "$suite" "$source" || fail
version=$(check_tree "$source") || {
    rm -rf "$source"
    fail "$suite has MicroPython ${version:-of an unknown version}; 1.25 or newer is needed."
}
echo "$source"

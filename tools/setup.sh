#!/bin/sh
# setup.sh build|run|test|bench: installs the Debian packages that this part needs and the machine lacks.
# Silent and quick when nothing is missing.
set -eu

build="gcc libc6-dev make cmake ninja-build pkg-config libssl-dev libbearssl-dev"
# MicroPython: its source package (dpkg-dev), its build (python3, libffi-dev, libmbedtls-dev for hashlib and cryptolib);
# openssl makes the scene's certificates and is its peer.
run="$build python3 dpkg-dev libffi-dev libmbedtls-dev openssl"
# The tests: cmocka; peers to talk to (openssl, gnutls-bin, curl, stunnel4, NSS, Java; the libraries mbedTLS, BearSSL and
# wolfSSL; nginx and mosquitto come by tools/peers.sh, because their packages start services); instruction counts
# (valgrind); large vectors (xz-utils); servers that behave as a test tells them (python3-cryptography);
# the fleet that shares its ticket keys (redis-server, libhiredis-dev);
# the checks of the tree (universal-ctags, clang-*); two microcontrollers under emulation (gcc-*, *lib*, qemu-*).
test="$run libcmocka-dev gnutls-bin curl stunnel4 libnss3-tools default-jdk-headless libwolfssl-dev redis-server libhiredis-dev python3-cryptography valgrind xz-utils universal-ctags clang-format clang-tidy"
test="$test gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-xtensa-lx106 picolibc-xtensa-lx106-elf qemu-system-arm qemu-system-misc"
# The benchmark: the plot.
bench="$test python3-matplotlib"

say() {
    echo "setup: $*" >&2
}

case "${1:-}" in
    build) wanted=$build why="to build Skerry" ;;
    run) wanted=$run why="to build Skerry and MicroPython and to run the example" ;;
    test) wanted=$test why="to build Skerry and to run its tests" ;;
    bench) wanted=$bench why="to build Skerry and to measure it beside others" ;;
    *)
        echo "usage: $0 build|run|test|bench" >&2
        exit 2
        ;;
esac

missing_of() {
    for package in "$@"; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
            *" installed") ;;
            *) printf '%s ' "$package" ;;
        esac
    done
}

if ! command -v dpkg-query >/dev/null 2>&1; then
    # Not Debian: the tools may be there all the same.
    for tool in cc cmake ninja pkg-config; do
        command -v "$tool" >/dev/null 2>&1 || {
            say "this is not Debian or a descendant of it; please install the equivalents of: $wanted"
            exit 1
        }
    done
    exit 0
fi

# shellcheck disable=SC2086  # lists of words
missing=$(missing_of $wanted)
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
    if ! command -v sudo >/dev/null 2>&1; then
        say "these packages are missing ($why): $missing"
        say "no root and no sudo here; please run, as root:  apt-get install $missing"
        exit 1
    fi
fi

say "installing $why: $missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 "$@" >>"$log" 2>&1
}
# The lists of packages may be old or not there yet; an archive of somebody else that fails to update does not matter.
# shellcheck disable=SC2086
if apt install --no-install-recommends $missing ||
    { apt update || true; apt install --no-install-recommends $missing; }; then
    exit 0
fi
tail -n 15 "$log" >&2
say "apt-get could not install: $missing"
say "is there a network, and does /etc/apt name an archive that has them (Debian 12 or newer, main)?"
exit 1

#!/bin/sh
# Builds MicroPython's unix port with Skerry's `tls` module in it and its ssl.py frozen.
#
#   tools/micropython/build.sh              build/micropython: `tls` is Skerry (build/libskerry.a)
#   tools/micropython/build.sh --stock      build/micropython-stock: `tls` is MicroPython's own,
#                                           over the system's mbedTLS
#   tools/micropython/build.sh --sanitize   build/micropython-asan: like the first, all of it
#                                           with ASan, Skerry (from its sources) with UBSan
#
# Several may be asked for at once. When nothing has changed, nothing is done. From the environment:
#   MICROPYTHON       a MicroPython source tree to use, only read; default: Debian's source package
#   SKERRY_BUILD      directory of libskerry.a and of all that is made here; default build
#   SKERRY_BINDINGS   directory of micropython/{modtls.c,ssl.py,micropython.mk}; default bindings
#   CC, JOBS          compiler (default gcc) and number of jobs (default: number of processors)
#
# Debian packages needed: gcc make python3 pkg-config libffi-dev libmbedtls-dev libssl-dev dpkg-dev
# (dpkg-dev unpacks the source package and, in Debian's version, tells MicroPython's version while
# it's built).
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tools/micropython
build=${SKERRY_BUILD:-$root/build}
bindings=${SKERRY_BINDINGS:-$root/bindings}
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
cc=${CC:-gcc}

say() { echo "micropython: $*"; }

die() {
    echo "build.sh: $*" >&2
    exit 1
}

# The built-in `tls` is turned off for the compiler only. With make's MICROPY_PY_SSL=0 the unix port
# would lose hashlib's md5 and sha1 and all of cryptolib too, and turning these on again without an
# SSL library doesn't compile: they need its headers. So mbedTLS's crypto part stays, its TLS isn't
# linked.
own_tls="-UMICROPY_PY_SSL -DMICROPY_PY_SSL=0"
own_tls="$own_tls -DMICROPY_PY_HASHLIB_MD5=1 -DMICROPY_PY_HASHLIB_SHA1=1 -DMICROPY_PY_CRYPTOLIB=1"

# MicroPython's garbage collector looks for pointers on the C stack, so ASan must not move locals to
# a stack of its own. UBSan is for Skerry's files only (SKERRY_CFLAGS): MicroPython 1.25 adds
# offsets to null pointers in py/mpz.c. What ASan can't see: an overflow inside MicroPython's heap,
# which is one block to it.
asan="-fsanitize=address --param asan-use-after-return=0 -fno-omit-frame-pointer -DMP_ASAN=1"
# -Wno-error: instrumented code gives gcc's flow analysis wrong ideas (maybe-uninitialized), and the
# plain build has it.
ubsan="-fsanitize=undefined -fno-sanitize-recover=all -Wno-error"

# run_make LOG ARGS...: make, quietly; its last words are shown when it fails.
run_make() {
    log=$1
    shift
    if ! make -j"$jobs" CC="$cc" "$@" >"$log" 2>&1; then
        echo "build.sh: the build failed; the last lines of $log:" >&2
        tail -n 15 "$log" | cut -c -200 | sed 's/^/    /' >&2
        exit 1
    fi
}

# fresh_if_changed DIR WORDS...: make doesn't see that flags have changed, so another set of flags
# means an empty DIR.
fresh_if_changed() {
    dir=$1
    shift
    if [ "$(cat "$dir/flags" 2>/dev/null)" != "$*" ]; then
        rm -rf "$dir"
        mkdir -p "$dir"
        printf '%s\n' "$*" >"$dir/flags"
    fi
}

# build_mpy_cross: the compiler that freezes Python code, once for all variants.
build_mpy_cross() {
    fresh_if_changed "$build/mpy/cross" "$source" "$version" "$compiler"
    run_make "$build/mpy/cross.log" -C "$source/mpy-cross" BUILD="$build/mpy/cross"
}

# build_variant NAME RESULT WHAT ARGS...: the unix port with ARGS for make; the program becomes
# RESULT.
build_variant() {
    name=$1 result=$build/$2 what=$3
    shift 3
    dir=$build/mpy/$name
    fresh_if_changed "$dir" "$source" "$version" "$compiler" "$@" "$makefile"
    # MICROPY_PY_BTREE=0: Debian's source has no Berkeley DB. The cross compiler's two variables
    # keep make from building one in the source tree.
    run_make "$build/mpy/$name.log" -C "$source/ports/unix" BUILD="$dir" MICROPY_PY_BTREE=0 \
        MICROPY_MPYCROSS="$build/mpy/cross/mpy-cross" \
        MICROPY_MPYCROSS_DEPENDENCY="$build/mpy/cross/mpy-cross" "$@"
    # Debian's rule for mpversion.h depends on its directory, in which the files after it are made:
    # without this the second run would make it and what includes it again.
    touch -r "$dir/genhdr" "$dir/genhdr/mpversion.h"
    if ! cmp -s "$dir/micropython" "$result"; then
        cp -f "$dir/micropython" "$result.new"
        mv -f "$result.new" "$result"
        say "built $result ($what)"
    else
        say "$result is up to date"
    fi
}

build_skerry() {
    build_variant skerry micropython "tls is Skerry" \
        USER_C_MODULES="$bindings" FROZEN_MANIFEST="$here/manifest.py" \
        SKERRY_ROOT="$root" SKERRY_BUILD="$build" \
        CFLAGS_EXTRA="$own_tls" LDFLAGS_EXTRA="-Wl,--as-needed"
}

build_sanitize() {
    build_variant asan micropython-asan "tls is Skerry, with ASan and UBSan" STRIP= \
        USER_C_MODULES="$bindings" FROZEN_MANIFEST="$here/manifest.py" \
        SKERRY_ROOT="$root" SKERRY_SOURCES=1 SKERRY_PROVIDER=openssl SKERRY_CFLAGS="$ubsan" \
        CFLAGS_EXTRA="$own_tls $asan" LDFLAGS_EXTRA="-Wl,--as-needed $asan $ubsan"
}

build_stock() {
    build_variant stock micropython-stock "tls is MicroPython's own" \
        FROZEN_MANIFEST="$here/manifest_stock.py"
}

# need_tools: says which package is missing, where make would fail far from the cause.
need_tools() {
    missing=
    for pair in make:make python3:python3 pkg-config:pkg-config dpkg-parsechangelog:dpkg-dev; do
        command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
    done
    command -v "${cc%% *}" >/dev/null ||
        die "there is no compiler \"$cc\" here: apt-get install gcc, or set CC."
    pkg-config --exists libffi 2>/dev/null || missing="$missing libffi-dev"
    has_header mbedtls/version.h || missing="$missing libmbedtls-dev"
    has_header openssl/evp.h || missing="$missing libssl-dev"
    [ -z "$missing" ] || die "missing here: apt-get install$missing"
}

has_header() {
    # shellcheck disable=SC2086 # CC may be two words, "ccache gcc"
    echo "#include <$1>" | $cc -E - >/dev/null 2>&1
}

# need_skerry: what the variant with Skerry is made of is there.
need_skerry() {
    for file in micropython.mk modtls.c ssl.py; do
        [ -f "$bindings/micropython/$file" ] || die "$bindings/micropython/$file is missing."
    done
    [ "$1" = sanitize ] || [ -f "$build/libskerry.a" ] ||
        die "$build/libskerry.a is missing: run make first."
}

want=
for word; do
    case $word in
    --stock | --sanitize | --skerry) want="$want ${word#--}" ;;
    *)
        sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
        [ "$word" = --help ] || [ "$word" = -h ] || exit 2
        exit 0
        ;;
    esac
done
want=${want:-skerry}

case $root$build$bindings${MICROPYTHON:-} in
*[[:space:]]*) die "MicroPython's makefiles can't stand spaces in paths: $root, $build" ;;
esac

# Variables of the caller that MicroPython's makefiles, or ours, would take for their own; MAKEFLAGS
# when make called us.
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS CFLAGS CPPFLAGS CXXFLAGS LDFLAGS LIB INC BUILD VARIANT \
    VARIANT_DIR PROG DEBUG STRIP MP_CONFIGFILE SKERRY_LIBS SKERRY_SOURCES SKERRY_PROVIDER \
    SKERRY_BEARSSL_DIR SKERRY_CFLAGS
export LC_ALL=C
# MicroPython's build runs python scripts in its source tree, which is to stay as it is: no
# __pycache__ there.
export PYTHONDONTWRITEBYTECODE=1

mkdir -p "$build/mpy"
build=$(cd "$build" && pwd)
bindings=$(cd "$bindings" && pwd)
need_tools
# shellcheck disable=SC2086 # see above
compiler=$($cc --version | head -n 1)
makefile=$(cksum "$bindings/micropython/micropython.mk" 2>/dev/null || true)
for variant in $want; do
    case $variant,$compiler in
    sanitize,*clang*) die "--sanitize needs gcc: clang's ASan stops the collector's stack scan." ;;
    esac
    [ "$variant" = stock ] || need_skerry "$variant"
done

# One at a time: a second call waits, then finds all done.
exec 9>"$build/mpy/lock"
flock 9 2>/dev/null || true
source=$("$here/fetch.sh")
# A package's files are as old as the package, so make would take another version's files for the
# ones it has compiled.
version=$(cat "$source/.skerry-fetched" 2>/dev/null || true)
[ -f "$source/lib/mbedtls/include/mbedtls/version.h" ] ||
    ! grep -q '^MBEDTLS_DIR' "$source/extmod/extmod.mk" ||
    die "$source has no lib/mbedtls: make -C $source/ports/unix submodules"
build_mpy_cross
for variant in $want; do
    "build_$variant"
done

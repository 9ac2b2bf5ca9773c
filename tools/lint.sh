#!/bin/sh
# lint.sh [--format]: clang-format over all C of the tree (with --format it rewrites the files), then clang-tidy over
# src/ and crypto/.  clang-tidy looks at a file again only when it, a header or .clang-tidy changed since it last passed.
set -eu
cd "$(dirname "$0")/.."
build=${SKERRY_BUILD:-build}
jobs=$(nproc 2>/dev/null || echo 2)

for tool in clang-format clang-tidy; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "lint: $tool is missing (tools/setup.sh test)" >&2
        exit 1
    }
done

# c_files DIR...: the C files below those of the folders that exist; .def files are tables, laid out by hand.
c_files() {
    for dir in "$@"; do
        [ ! -d "$dir" ] || find "$dir" -type f -name '*.[ch]'
    done | sort
}

all=$(c_files include src crypto cli ports bindings tests bench examples)
if [ -z "$all" ]; then
    echo "lint: no C here yet"
    exit 0
fi
if [ "${1:-}" = --format ]; then
    echo "$all" | xargs clang-format -i
    exit 0
fi

# Each release of clang-format lays things out a little differently; the tree is laid out by this one.
version=14
case $(clang-format --version) in
    *" $version."*) format=yes ;;
    *) format=no ;;
esac

bad=
# shellcheck disable=SC2016  # expanded by the inner shell, here and below
[ $format = no ] || bad=$(echo "$all" | xargs -n 1 -P "$jobs" sh -c \
    'clang-format --dry-run -Werror "$0" >/dev/null 2>&1 || echo "  $0"')
if [ -n "$bad" ]; then
    echo "lint: not as clang-format would have it (make format):"
    echo "$bad" | sort
fi

# One stamp per file, so that an unchanged file costs nothing.
stamps=$build/lint
mkdir -p "$stamps"
headers=$( (cat .clang-tidy; c_files include src crypto | grep '\.h$' | xargs -r cat) | cksum | tr ' ' -)
tidy=$(c_files src crypto | grep '\.c$' || true)
warnings="-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings"
export stamps headers warnings
# shellcheck disable=SC2016
untidy=$(echo "$tidy" | xargs -r -n 1 -P "$jobs" sh -c '
    stamp=$stamps/$(echo "$0" | tr / -)
    sum=$headers-$(cksum <"$0" | tr " " -)
    [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || exit 0
    # shellcheck disable=SC2086  # words
    if out=$(clang-tidy --quiet "$0" -- -std=c11 $warnings -Iinclude -Isrc -I. 2>/dev/null); then
        echo "$sum" >"$stamp"
    else
        printf "%s\n" "$out"
    fi')
if [ -n "$untidy" ]; then
    echo "lint: clang-tidy:"
    printf '%s\n' "$untidy"
fi
[ -z "$bad$untidy" ] || exit 1
if [ $format = no ]; then
    echo "the layout was not checked: it needs clang-format $version, here is $(clang-format --version)"
    exit 77
fi

#!/bin/sh
# run.sh: builds the consumer in each way that a user may choose and runs it.  SKERRY_BUILD is a finished build.
set -eu
root=${SKERRY_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${SKERRY_BUILD:-$root/build}
source=$root/tests/consumer
work=$build/consumer
rm -rf "$work"
mkdir -p "$work"

step() {
    echo "== $*"
}

# cmake_build NAME OPTIONS...: configures, builds and runs $work/NAME.
cmake_build() {
    name=$1
    shift
    step "$name"
    if ! { cmake -G Ninja -S "$source" -B "$work/$name" "$@" && cmake --build "$work/$name" -j 2; } \
        >"$work/$name.log" 2>&1; then
        cat "$work/$name.log"
        exit 1
    fi
    "$work/$name/consumer"
}

cmake_build subdirectory -DHOW=subdirectory -DSKERRY_ROOT="$root"

# Installed to one place and moved to another: nothing in the package may name a path of the build.
cmake --install "$build" --prefix "$work/first" >"$work/install.log"
mv "$work/first" "$work/prefix"
if grep -rlF -e "$work/first" -e "$root/" "$work/prefix/lib" --include='*.cmake' --include='*.pc'; then
    echo "these files name a path of the build"
    exit 1
fi
cmake_build package -DHOW=package -DCMAKE_PREFIX_PATH="$work/prefix"

step "pkg-config"
PKG_CONFIG_PATH=$(find "$work/prefix" -type d -name pkgconfig)
export PKG_CONFIG_PATH
# shellcheck disable=SC2046  # words
cc -std=c11 -o "$work/consumer" "$source/main.c" $(pkg-config --cflags --libs skerry-bearssl skerry)
"$work/consumer"

step "each public header compiles alone"
for header in "$work"/prefix/include/skerry/*.h; do
    printf '#include <skerry/%s>\nextern int more;\n' "$(basename "$header")" |
        cc -std=c11 -Wall -Wextra -pedantic -Werror -I"$work/prefix/include" -fsyntax-only -x c -
done

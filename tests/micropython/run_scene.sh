#!/bin/sh
# The scene of `make run`: its exit code says whether everything was as it must be.
set -eu
root=${SKERRY_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${SKERRY_BUILD:-$root/build}
if [ ! -x "$build/micropython" ]; then
    echo "$build/micropython is not there: tools/micropython/build.sh makes it"
    exit 77
fi
exec sh "$root/examples/run.sh"

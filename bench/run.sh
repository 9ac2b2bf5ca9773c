#!/bin/sh
# run.sh: the whole benchmark, some minutes; prints its tables and rewrites the marked part of docs/figures.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/../tools/setup.sh" test
exec python3 "$here/measure.py" figures

#!/bin/sh
# run.sh: the whole benchmark, some minutes; prints its tables and rewrites the marked parts of docs/figures.md and
# docs/figures.svg.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/../tools/setup.sh" bench
python3 "$here/measure.py" figures
exec "$here/memory" --write

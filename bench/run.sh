#!/bin/sh
# run.sh: the whole benchmark; prints its tables and rewrites the marked part of docs/figures.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/measure.py" figures

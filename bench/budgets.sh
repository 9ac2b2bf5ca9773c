#!/bin/sh
# budgets.sh: the test that holds Skerry to bench/budgets.txt; about twenty seconds.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/measure.py" budgets

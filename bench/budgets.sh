#!/bin/sh
# budgets.sh: the test that holds Skerry to bench/budgets.txt; about a minute, the first time two more.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/measure.py" budgets

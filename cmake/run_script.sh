#!/bin/sh
# run_script.sh NAME SCRIPT: runs one test script; on exit code 77 (skipped) notes the reason, the script's last line.
set -u
name=$1
script=$2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
case $script in
    *.py) python3 "$script" >"$log" 2>&1 ;;
    *) "$script" >"$log" 2>&1 ;;
esac
code=$?
cat "$log"
if [ "$code" -eq 77 ]; then
    reason=$(tail -n 1 "$log")
    echo "SKIPPED $name: ${reason:-no reason was given}"
fi
exit "$code"

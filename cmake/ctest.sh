#!/bin/sh
# ctest.sh BUILD ARGUMENTS...: ctest; before its closing lines, the reason of everything that was skipped.
set -u
build=$1
shift
log=$build/Testing/Temporary/LastTest.log
rm -f "$log" "$build/ctest.code"
closing='^[0-9]+% tests passed|^No tests were found'
{ ctest --test-dir "$build" --output-on-failure "$@" 2>&1; echo $? >"$build/ctest.code"; } |
    tee "$build/ctest.log" | sed -E -u "/$closing/,\$d"
if [ -f "$log" ]; then
    # A line "SKIPPED what: why" is shown as it is; cmocka only says which of its tests it was.
    awk '/^[0-9]+\/[0-9]+ Test: / { name = $3 }
        /^SKIPPED / { print }
        /^\[  SKIPPED \] / && $4 !~ /^[0-9]/ { print "SKIPPED " name ": " $4 }' "$log" | sort -u
fi
echo
sed -E -n "/$closing/,\$p" "$build/ctest.log"
exit "$(cat "$build/ctest.code")"

#!/bin/sh
# peers.sh: nginx and mosquitto for the tests, without installing them, since their packages would start services on this
# machine. What is installed is used as it is. What is not is downloaded as Debian packages, with the libraries that they need and
# that are missing here, and unpacked below build/peers: nothing else is touched, and no root is needed.
# Silent and quick when there is nothing to do. Always ends well: what can't be had is said, and its tests are skipped then.
set -eu
build=${SKERRY_BUILD:-$(dirname "$0")/../build}
folder=$build/peers
wanted="nginx mosquitto"

say() {
    echo "peers: $*" >&2
}

# in_place PROGRAM: is it installed, or was it unpacked before?
in_place() {
    [ -x "/usr/sbin/$1" ] || [ -x "$folder/bin/$1" ]
}

missing=
for program in $wanted; do
    in_place "$program" || missing="$missing$program "
done
[ -n "$missing" ] || exit 0

give_up() {
    say "$1"
    say "their tests will be skipped; later tries: $0"
    exit 0
}

command -v apt-get >/dev/null 2>&1 || give_up "this is not Debian or a descendant of it; not here: $missing"
mkdir -p "$folder/bin" "$folder/packages"
folder=$(cd "$folder" && pwd)
log=$folder/log
say "downloading and unpacking below $folder, without installing: $missing"

# The packages that an installation would bring, by a dry run; of those, programs and libraries.
names() {
    # shellcheck disable=SC2086  # words
    LC_ALL=C apt-get -s install --no-install-recommends $missing 2>>"$log" |
        sed -n -E 's/^Inst ((nginx|mosquitto|lib)[^ ]*) .*/\1/p'
}

download() {
    packages=$(names)
    [ -n "$packages" ] || return 1
    # shellcheck disable=SC2086
    (cd "$folder/packages" && apt-get -q download $packages) >>"$log" 2>&1
}

refresh() {
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root="sudo -n"
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update >>"$log" 2>&1
}

: >"$log"
rm -f "$folder/packages/"*.deb
# The lists of packages may be old or not there yet.
download || { refresh || true; download; } || {
    tail -n 5 "$log" >&2
    give_up "apt-get could not download $missing(is there a network?)"
}
for package in "$folder/packages/"*.deb; do
    dpkg -x "$package" "$folder/root" >>"$log" 2>&1 || give_up "$package can not be unpacked (see $log)"
done
rm -rf "$folder/packages"

libraries=$(find "$folder/root" -name '*.so.*' -exec dirname {} + | sort -u | paste -s -d :)
for program in $missing; do
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$libraries" "$folder/root/usr/sbin/$program" >"$folder/bin/$program"
    chmod +x "$folder/bin/$program"
    case $program in
        nginx) test_run="-v" ;;
        mosquitto) test_run="-h" ;;
    esac
    "$folder/bin/$program" "$test_run" >>"$log" 2>&1 || [ "$program" = mosquitto ] || {
        rm "$folder/bin/$program"
        say "$program was unpacked but does not start (see $log)"
    }
done

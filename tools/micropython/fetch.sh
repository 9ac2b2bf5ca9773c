#!/bin/sh
# Gets MicroPython's source and prints the directory where it is; all other words go to stderr.
#
#   tools/micropython/fetch.sh
#       Debian's source package, unpacked below build/micropython-src
#   MICROPYTHON=/path/to/checkout tools/micropython/fetch.sh
#       a tree of your own, which is only read
#
# Debian's package is of the suite trixie, also on a machine that runs bookworm, which has no
# MicroPython. So apt is asked with a private configuration (build/apt) that takes address, keys and
# proxies from this machine's own and only exchanges the suite. The machine's apt sources, lists and
# caches aren't touched. apt checks the signature of the suite's Release file, even where the
# machine's own sources say that it needn't: bookworm's debian-archive-keyring has trixie's keys
# since 2023.3+deb12u2.
#
# MICROPYTHON_SUITE takes another suite than trixie, SKERRY_BUILD another build directory.
set -eu
export LC_ALL=C # apt's words are looked at

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tools/micropython
build=${SKERRY_BUILD:-$root/build}
suite=${MICROPYTHON_SUITE:-trixie}
source=$build/micropython-src
apt=$build/apt
log=$apt/log

say() { echo "$*" >&2; }

# fail WHAT: what happened, apt's own words for it, and what to do about it.
fail() {
    say "fetch.sh: $1"
    if [ -s "$log" ]; then
        grep -E '^(E|W):' "$log" | grep -vE 'You must put some|Some index files' | sort -u |
            head -n 4 | sed 's/^/    /' >&2
        say "    (all that apt said: $log)"
    fi
    say "Without Debian's package, give a MicroPython tree of your own," \
        "v1.25 or newer with its submodules:"
    say "    MICROPYTHON=/path/to/micropython tools/micropython/build.sh"
    exit 1
}

# check_tree DIR: is this MicroPython, and new enough? Prints major.minor.
check_tree() {
    [ -f "$1/py/mpconfig.h" ] && [ -f "$1/ports/unix/Makefile" ] || return 1
    major=$(sed -n 's/^#define MICROPY_VERSION_MAJOR \([0-9]*\).*/\1/p' "$1/py/mpconfig.h")
    minor=$(sed -n 's/^#define MICROPY_VERSION_MINOR \([0-9]*\).*/\1/p' "$1/py/mpconfig.h")
    echo "${major:-0}.${minor:-0}"
    [ "${major:-0}" -gt 1 ] || { [ "${major:-0}" -eq 1 ] && [ "${minor:-0}" -ge 25 ]; }
}

# write_apt_configuration: $apt/apt.conf and $apt/sources.list.d/source.sources.
write_apt_configuration() {
    rm -rf "$apt"
    mkdir -p "$apt/sources.list.d" "$apt/lists/partial" "$apt/cache/archives/partial"
    eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
    set --
    for file in "${list:-/etc/apt/sources.list}" "${parts:-/etc/apt/sources.list.d}"/*.list \
        "${parts:-/etc/apt/sources.list.d}"/*.sources; do
        if [ -r "$file" ]; then
            set -- "$@" "$file"
        fi
    done
    python3 "$here/apt_sources.py" "$suite" "$@" >"$apt/sources.list.d/source.sources" ||
        fail "this machine's apt sources name no archive of Debian's to get the source from."

    # Read after the machine's own apt.conf, so proxies and certificates are there and these lines
    # win. The hooks that an update has (PackageKit, AppStream, Docker's clean-up) mean the
    # machine's own lists: they're left out. "root" is for running as root below a directory that
    # apt's own user _apt can't enter; it changes nothing for others.
    cat >"$apt/apt.conf" <<-END
	#clear APT::Update;
	#clear DPkg::Post-Invoke;
	Dir::Etc::sourcelist "/dev/null";
	Dir::Etc::sourceparts "$apt/sources.list.d";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::State::lists "$apt/lists";
	Dir::Cache "$apt/cache";
	APT::Default-Release "$suite";
	APT::Sandbox::User "root";
	APT::Get::AllowUnauthenticated "false";
	Acquire::AllowInsecureRepositories "false";
	Acquire::AllowWeakRepositories "false";
	Acquire::AllowDowngradeToInsecureRepositories "false";
	Acquire::Languages "none";
	Acquire::Retries "2";
	END
}

# apt's words decide what to tell: it ends with the same code for all of these.
explain_apt_failure() {
    if grep -qE 'BADSIG|Hash Sum mismatch|unexpected size' "$log"; then
        fail "what the archive sent is damaged or forged: its signature or a checksum is wrong."
    elif grep -qE 'NO_PUBKEY|is not signed|EXPKEYSIG|KEYEXPIRED' "$log"; then
        fail "apt can't check the signature of $suite; a newer debian-archive-keyring may help."
    elif grep -qE '404 +Not Found|not have a Release file|Unable to find a source' "$log"; then
        fail "the archive in this machine's apt sources has no MicroPython in the suite $suite."
    elif grep -qE 'resolv|connect|timed out|unreachable|Network|Could not' "$log"; then
        fail "the archive in this machine's apt sources can't be reached; is there a network?"
    fi
    fail "apt could not get MicroPython's source package from $suite."
}

download() {
    # An apt-get update that reaches nothing still ends with 0: the download that follows is what
    # tells.
    apt-get -c "$apt/apt.conf" -q update >"$log" 2>&1 || explain_apt_failure
    (cd "$apt" && apt-get -c "$apt/apt.conf" -q source --download-only "micropython/$suite") \
        >>"$log" 2>&1 || explain_apt_failure
    rm -rf "$apt/lists" "$apt/cache" "$source.part"
    # dpkg-source warns that the maintainer's own key isn't known here. What counts is that the
    # file's checksum was in the index that the archive's key signs, which apt has checked.
    dpkg-source --no-copy -x "$apt"/micropython_*.dsc "$source.part" >>"$log" 2>&1 ||
        fail "dpkg-source could not unpack the package; see $log."
}

if [ -n "${MICROPYTHON:-}" ]; then
    version=$(check_tree "$MICROPYTHON") || {
        say "fetch.sh: MICROPYTHON=$MICROPYTHON should be a MicroPython source tree," \
            "version 1.25 or newer; it is ${version:-none}."
        exit 1
    }
    (cd "$MICROPYTHON" && pwd)
    exit 0
fi

# The stamp is written last, so what it stands beside is whole. It names the suite and the package's
# version.
case $(cat "$source/.skerry-fetched" 2>/dev/null) in
"$suite "*)
    echo "$source"
    exit 0
    ;;
esac

mkdir -p "$apt"
rm -f "$log"
command -v apt-get >/dev/null || fail "there is no apt-get here."
command -v dpkg-source >/dev/null || fail "dpkg-source is missing: apt-get install dpkg-dev"
say "micropython: getting the source package of Debian $suite"
write_apt_configuration
download
version=$(check_tree "$source.part") ||
    fail "$suite has MicroPython ${version:-of an unknown version}; 1.25 or newer is needed."
rm -rf "$source"
mv "$source.part" "$source"
package=$(sed -n 's/^Version: //p' "$apt"/micropython_*.dsc)
echo "$suite $package" >"$source/.skerry-fetched"
say "micropython: version $package in $source"
echo "$source"

#!/bin/sh
# Gets a source package of Debian and unpacks it; all words go to stderr.
#
#   tools/source_package.sh PACKAGE SUITE DIRECTORY
#
# DIRECTORY is made, and made anew when it holds the package of another suite; .skerry-fetched in it
# says "SUITE VERSION". Nothing is done when it is there already.
#
# The suite may be another one than the machine runs: apt is asked with a private configuration
# (build/apt/PACKAGE) that takes address, keys and proxies from this machine's own and only exchanges
# the suite. The machine's apt sources, lists and caches aren't touched. apt checks the signature of
# the suite's Release file, even where the machine's own sources say that it needn't: bookworm's
# debian-archive-keyring has trixie's keys since 2023.3+deb12u2.
#
# SKERRY_BUILD takes another build directory than build.
set -eu
export LC_ALL=C # apt's words are looked at

here=$(cd "$(dirname "$0")" && pwd)
package=$1 suite=$2 source=$3
apt=${SKERRY_BUILD:-$here/../build}/apt/$package
log=$apt/log

say() { echo "$*" >&2; }

# fail WHAT: what happened, and apt's own words for it.
fail() {
    say "source_package.sh: $1"
    if [ -s "$log" ]; then
        grep -E '^(E|W):' "$log" | grep -vE 'You must put some|Some index files' | sort -u |
            head -n 4 | sed 's/^/    /' >&2
        say "    (all that apt said: $log)"
    fi
    exit 1
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
        fail "the archive in this machine's apt sources has no source of $package in the suite $suite."
    elif grep -qE 'resolv|connect|timed out|unreachable|Network|Could not' "$log"; then
        fail "the archive in this machine's apt sources can't be reached; is there a network?"
    fi
    fail "apt could not get the source package of $package from $suite."
}

download() {
    # An apt-get update that reaches nothing still ends with 0: the download that follows is what
    # tells.
    apt-get -c "$apt/apt.conf" -q update >"$log" 2>&1 || explain_apt_failure
    (cd "$apt" && apt-get -c "$apt/apt.conf" -q source --download-only "$package/$suite") \
        >>"$log" 2>&1 || explain_apt_failure
    rm -rf "$apt/lists" "$apt/cache" "$source.part"
    # dpkg-source warns that the maintainer's own key isn't known here. What counts is that the
    # file's checksum was in the index that the archive's key signs, which apt has checked.
    dpkg-source --no-copy -x "$apt/$package"_*.dsc "$source.part" >>"$log" 2>&1 ||
        fail "dpkg-source could not unpack the package; see $log."
}

# The stamp is written last, so what it stands beside is whole.
case $(cat "$source/.skerry-fetched" 2>/dev/null) in
"$suite "*) exit 0 ;;
esac

mkdir -p "$apt" "$(dirname "$source")"
apt=$(cd "$apt" && pwd)
log=$apt/log
rm -f "$log"
command -v apt-get >/dev/null || fail "there is no apt-get here."
command -v dpkg-source >/dev/null || fail "dpkg-source is missing: apt-get install dpkg-dev"
say "$package: getting the source package of Debian $suite"
write_apt_configuration
download
version=$(sed -n 's/^Version: //p' "$apt/$package"_*.dsc)
echo "$suite $version" >"$source.part/.skerry-fetched"
rm -rf "$source"
mv "$source.part" "$source"
say "$package: version $version in $source"

#!/usr/bin/env python3
"""apt_sources.py SUITE FILE...: this machine's apt sources, for source packages of SUITE.

Reads the given apt source files, one-line (*.list) and deb822 (*.sources) ones, and prints deb822
stanzas of type deb-src for the archives among them that are Debian's main archive. They keep the
address and, where there is one, Signed-By; nothing that would weaken apt's checks (trusted=yes and
the like) is taken over. Exit code 1 when no file names such an archive.
"""
import re
import sys

# The main archive is known by the suites it's used for: a security, updates or third-party archive
# has other ones.
DEBIAN = {
    "oldoldstable", "oldstable", "stable", "testing", "unstable", "sid",
    "buster", "bullseye", "bookworm", "trixie", "forky", "duke",
}  # fmt: skip

# What apt takes for "no".
OFF = {"no", "false", "0", "off", "without", "disable"}


def one_line(text):
    """Yields (uris, suites, components, signed_by) for the lines of a *.list file."""
    for line in text.splitlines():
        match = re.match(r"\s*(?:deb|deb-src)\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if match:
            options, uri, suite, components = match.groups()
            signed = re.search(r"(?:^|\s)signed-by\s*=\s*(\S+)", options or "", re.I)
            signed = signed and signed.group(1).replace(",", " ")
            yield [uri], [suite], components.split(), signed


def deb822(text):
    """The same for the stanzas of a *.sources file. Signed-By may be a whole key: kept as it is."""
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", text):
        fields = {}
        for match in re.finditer(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza, re.M):
            fields[match.group(1).lower()] = match.group(2)
        if fields.get("enabled", "yes").strip().lower() in OFF:
            continue
        words = [fields.get(name, "").split() for name in ("uris", "suites", "components")]
        yield *words, fields.get("signed-by", "").rstrip() or None


def main(suite, paths):
    seen = []
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        entries = deb822(text) if path.endswith(".sources") else one_line(text)
        for uris, suites, components, signed in entries:
            if not DEBIAN.intersection(suites) or "main" not in components:
                continue
            for uri in uris:
                if not uri.startswith("cdrom:") and (uri.rstrip("/"), signed) not in seen:
                    seen.append((uri.rstrip("/"), signed))
    for uri, signed in seen:
        print(f"Types: deb-src\nURIs: {uri}\nSuites: {suite}\nComponents: main")
        if signed:
            print(f"Signed-By: {signed}")
        print()
    return 0 if seen else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

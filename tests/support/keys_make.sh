#!/bin/sh
# keys_make.sh DIR: throw-away keys and certificates for tests that talk to other programs.
#
# Two roots, each with an intermediate: the trusted one (root.pem) and a stranger's (stranger-root.pem).
# NAME.pem is a chain without its root, NAME.key its key:
#   p256 p384 rsa pss ed25519     servers named localhost, server.example, 127.0.0.1 and ::1
#   client-p256 ... client-ed25519  clients
#   other                         a server named other.example
#   expired, early                a server whose time is over, or has not come
#   stranger, client-stranger     issued by the stranger
# Everything is new each time; files that are there are overwritten.
set -eu
[ $# -eq 1 ] || {
    echo "usage: $0 DIR" >&2
    exit 2
}
mkdir -p "$1"
cd "$1"
log=openssl.log
: >"$log"

fail() {
    cat "$log" >&2
    echo "$0: openssl could not make $1" >&2
    exit 1
}

# key KIND FILE
key() {
    case $1 in
        p256) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$2" ;;
        p384) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$2" ;;
        rsa) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$2" ;;
        pss) openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out "$2" ;;
        ed25519) openssl genpkey -algorithm ED25519 -out "$2" ;;
    esac >>"$log" 2>&1 || fail "$2"
}

cat >ca.conf <<'CONF'
[ca]
default_ca = it
[it]
database = index.txt
new_certs_dir = .
rand_serial = yes
policy = any
default_md = sha256
unique_subject = no
email_in_dn = no
[any]
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,DNS:server.example,IP:127.0.0.1,IP:::1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[other]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.example
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = DNS:client.example
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[req]
distinguished_name = nothing
[nothing]
CONF
rm -f index.txt
: >index.txt

# issue NAME CN EXTENSIONS ISSUER FROM UNTIL: NAME.crt for NAME.key
issue() {
    openssl req -new -config ca.conf -key "$1.key" -subj "/CN=$2" -out "$1.csr" >>"$log" 2>&1 || fail "$1.csr"
    openssl ca -batch -notext -config ca.conf -extensions "$3" -in "$1.csr" -out "$1.crt" \
        -cert "$4.crt" -keyfile "$4.key" -startdate "$5" -enddate "$6" >>"$log" 2>&1 || fail "$1.crt"
}

past=20200101000000Z
recent=20200601000000Z
future=20991231000000Z

# authority PREFIX: a root and an intermediate of P-256.
authority() {
    key p256 "$1root.key"
    openssl req -x509 -new -config ca.conf -key "$1root.key" -subj "/CN=Test ${1}root" -days 3650 -extensions root \
        -out "$1root.crt" >>"$log" 2>&1 || fail "$1root.crt"
    key p256 "$1int.key"
    issue "$1int" "Test ${1}intermediate" intermediate "$1root" $past $future
    cp "$1root.crt" "$1root.pem"
}

# leaf NAME KIND EXTENSIONS PREFIX FROM UNTIL
leaf() {
    key "$2" "$1.key"
    issue "$1" "$1" "$3" "$4int" "$5" "$6"
    cat "$1.crt" "$4int.crt" >"$1.pem"
}

authority ""
authority stranger-
for kind in p256 p384 rsa pss ed25519; do
    leaf $kind $kind server "" $past $future
    leaf client-$kind $kind client "" $past $future
done
leaf other p256 other "" $past $future
leaf expired p256 server "" $past $recent
leaf early p256 server "" 20980101000000Z $future
leaf stranger p256 server stranger- $past $future
leaf client-stranger p256 client stranger- $past $future

#!/bin/sh
# make_keys.sh FOLDER: a certification authority, and what it issues to a hub and a sensor; and three that must be
# refused: another authority, an expired certificate, and a certificate that the other authority issued.
set -eu
mkdir -p "$1"
cd "$1"
umask 077

key() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
}

# authority NAME SUBJECT
authority() {
    key "$1"
    openssl req -x509 -new -key "$1.key" -subj "/CN=$2" -days 30 -out "$1.pem" \
        -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign
}

# issue NAME SUBJECT ALTERNATIVE-NAMES PURPOSE AUTHORITY DAYS
issue() {
    key "$1"
    openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
    printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$3" "$4" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA "$5.pem" -CAkey "$5.key" -CAcreateserial -days "$6" \
        -extfile "$1.ext" -out "$1.pem" 2>/dev/null
    rm "$1.csr" "$1.ext"
}

authority ca "Example Home CA"
issue hub hub.local DNS:hub.local,IP:127.0.0.1 serverAuth ca 30
issue sensor sensor-7 DNS:sensor-7.local clientAuth ca 30

authority other "Somebody Else's CA"
issue stranger sensor-7 DNS:sensor-7.local clientAuth other 30
issue expired hub.local DNS:hub.local,IP:127.0.0.1 serverAuth ca -1

#!/bin/sh
# pki_make.sh DIR: the throw-away chain that the benchmark reads: root -> intermediate -> leaf, all ECDSA P-256.
set -eu
mkdir -p "$1"
cd "$1"
for name in root int leaf; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $name.key 2>/dev/null
done
cat >x509.conf <<'CONF'
[req]
distinguished_name = nothing
[nothing]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[int]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = DNS:bench.example
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
CONF
openssl req -x509 -new -config x509.conf -extensions root -key root.key -sha256 -days 3650 \
    -subj '/O=Bench/CN=Bench Root' -out root.pem
# issue NAME SUBJECT ISSUER
issue() {
    openssl req -new -config x509.conf -key "$1.key" -subj "$2" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -sha256 -days 3650 \
        -extfile x509.conf -extensions "$1" -out "$1.pem" 2>/dev/null
}
issue int '/O=Bench/CN=Bench Intermediate' root
issue leaf /CN=bench.example int
cat leaf.pem int.pem >chain.pem
# The same in DER, for programs that read no PEM.
for name in root int leaf; do
    openssl x509 -in $name.pem -outform DER -out $name.der
done
openssl ec -in leaf.key -outform DER -out leaf.key.der 2>/dev/null

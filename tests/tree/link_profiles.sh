#!/bin/sh
# link_profiles.sh: what a program holds that names one profile and a few algorithms, by its symbols.
#
# Programs are linked from the static libraries of SKERRY_BUILD with --gc-sections.  A client of TLS 1.3 must hold nothing
# of a server or of TLS 1.2, no algorithm that its provider's lists do not name, and no key log unless it calls for one;
# the same for a server.  A full program with every algorithm is linked too: there each of these must be found, or the
# test would not notice anything.
set -eu
root=${SKERRY_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${SKERRY_BUILD:-$root/build}
work=$build/link
mkdir -p "$work"
nm --defined-only -g "$build/libskerry.a" >"$work/library.symbols" 2>/dev/null

# program NAME PROFILE ROLE PROVIDER EXTRA: $work/NAME.symbols holds what it defines.
program() {
    cat >"$work/$1.c" <<CODE
#include "crypto/bearssl/bearssl_provider.h"
#include "skerry/skerry.h"
static const skr_hash_t *const hashes[] = {&skr_bearssl_sha256, NULL};
static const skr_aead_t *const aeads[] = {&skr_bearssl_chacha20_poly1305, NULL};
static const skr_group_t *const groups[] = {&skr_bearssl_x25519, NULL};
static const skr_signature_t *const signatures[] = {&skr_bearssl_ecdsa_secp256r1_sha256, NULL};
static bool key_open(skr_private_key_t *key) { return key != NULL; }
static void key_close(skr_private_key_t *key) { (void)key; }
static bool key_matches(const skr_private_key_t *k, const skr_public_key_t *p) { return k != NULL && p != NULL; }
extern const skr_provider_t few;
const skr_provider_t few = {"few", hashes, aeads, groups, signatures, key_open, key_close, key_matches, bearssl_random};
static uint8_t room[20000];
int main(int argc, char **argv) {
    static uint8_t conn_room[SKR_CONN_SIZE];
    skr_config_t config = {.role = $3, .profile = &$2, .provider = &$4};
    size_t used = 0;
    const uint8_t *data;
    skr_conn_t *conn = skr_conn_init(conn_room, sizeof(conn_room), &config, (skr_view_t){(uint8_t *)argv[0], 1}, argc);
    skr_conn_handshake(conn);
    skr_conn_feed(conn, room, (size_t)argc, &used);
    skr_conn_output(conn, &data);
    skr_conn_sent(conn, used);
    skr_conn_read(conn, room, sizeof(room), &used);
    skr_conn_write(conn, room, used, &used);
    $5
    skr_conn_close(conn);
    skr_conn_free(conn);
    return (int)used;
}
CODE
    cc -std=c11 -Os -ffunction-sections -fdata-sections -I"$root/include" -I"$root" -o "$work/$1" "$work/$1.c" \
        "$build/libskerry-bearssl.a" "$build/libskerry.a" -Wl,--gc-sections \
        -Wl,-Bstatic -lbearssl -Wl,-Bdynamic -lcrypto
    nm --defined-only "$work/$1" | sed 's/.* //' | sort -u >"$work/$1.symbols"
}

# globals OBJECT...: the global symbols that these objects of libskerry.a define.
globals() {
    for object in "$@"; do
        found=$(awk -v object="$object.c.o:" '$0 == object {on = 1; next} /:$/ || /^$/ {on = 0} on {print $3}' \
            "$work/library.symbols")
        [ -n "$found" ] || {
            echo "libskerry.a has no $object.c" >&2
            exit 1
        }
        echo "$found"
    done | sort -u
}

bad=0
# without NAME OBJECT...: the program holds no symbol of these objects.
without() {
    name=$1
    shift
    for object in "$@"; do
        globals "$object" >"$work/object.symbols"
        held=$(comm -12 "$work/$name.symbols" "$work/object.symbols" | tr '\n' ' ')
        [ -z "$held" ] || {
            echo "$name holds of $object.c: $held"
            bad=1
        }
    done
}

# with NAME OBJECT...: it holds something of each.
with() {
    name=$1
    shift
    for object in "$@"; do
        globals "$object" >"$work/object.symbols"
        [ -n "$(comm -12 "$work/$name.symbols" "$work/object.symbols")" ] || {
            echo "$name holds nothing of $object.c"
            bad=1
        }
    done
}

# lacks NAME PATTERN, has NAME PATTERN: symbols by an extended regular expression.
lacks() {
    held=$(grep -E "$2" "$work/$1.symbols" | tr '\n' ' ' || true)
    [ -z "$held" ] || {
        echo "$1 holds: $held"
        bad=1
    }
}

has() {
    grep -qE "$2" "$work/$1.symbols" || {
        echo "$1 does not hold $2"
        bad=1
    }
}

tls12="hello12 kex12 psk12 auth12 fin12 keys12 ticket12 messages12 prf12 record12 script_client12 script_server12"
extras="keylog pool pem psk_import"
# Algorithms of BearSSL that the few do not name: other hashes, AES and its modes, RSA, other curves; its own TLS and X.509.
# HMAC is in its random source, SHA-224 in the same object as SHA-256.
others='^(br_(aes|gcm|ccm|ctr|ghash|des|cbc|rsa|sha384|sha512|sha1|md5|ssl|x509|pem|hkdf)|skr_bearssl_(aes|sha384|sha512|secp|rsa|cert))'
server='^(hello_recv_ch|hello_send_sh|hello_send_hrr|t13_send_ee|t13_send_cert_req|psk_select|hs_script_server13)$'
client='^(hello_send_ch|hello_recv_sh|hello_recv_hrr|t13_recv_ee|t13_recv_cert_req|psk_take_answer|hs_script_client13)$'

program client skr_profile_client13 SKR_CLIENT few ""
program server skr_profile_server13 SKR_SERVER few ""
program logging skr_profile_client13 SKR_CLIENT few 'skr_keylog_line((char *)room, "x", room, room, 32);'
program full skr_profile_full SKR_CLIENT skr_provider_bearssl ""

# shellcheck disable=SC2086  # words
{
    without client hello_server script_server13 $tls12 $extras
    without server hello_client script_client13 $tls12 $extras
    without logging hello_server pool pem $tls12
    with full hello_server hello_client script_server13 script_client13 $tls12
    with logging keylog
}
lacks client "$server"
lacks server "$client"
for name in client server; do
    lacks $name "$others"
    lacks $name '^(EVP|OPENSSL|skr_provider_(openssl|bearssl)|skr_openssl)'
    has $name '^skr_bearssl_x25519$'
    has $name '^br_chacha20'
done
has full "$server"
has full "$client"
has full '^br_aes'
has full '^br_rsa'
for name in client server full; do
    printf '%-8s %s\n' "$name" "$(size "$work/$name" | awk 'NR == 2 {print $1 " bytes of code and constants"}')"
done
exit $bad

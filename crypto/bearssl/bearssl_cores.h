// Which of BearSSL's implementations this image uses: the only choices that depend on the machine.
// An image for another machine replaces bearssl_cores.c and nothing else.
#ifndef SKR_BEARSSL_CORES_H
#define SKR_BEARSSL_CORES_H

#include <bearssl.h>
#include "skerry/types.h"

// For secrets (key exchange, signing), constant-time on this machine; and for what is public
// (verification), where faster code may stand. Both know P-256, P-384 and Curve25519.
const br_ec_impl *bearssl_cores_ec_secret(void);
const br_ec_impl *bearssl_cores_ec_public(void);
br_ecdsa_sign bearssl_cores_ecdsa_sign(void); // "asn1"
br_ecdsa_vrfy bearssl_cores_ecdsa_verify(void); // "raw"
br_rsa_private bearssl_cores_rsa_private(void);
br_rsa_public bearssl_cores_rsa_public(void);

const br_block_ctr_class *bearssl_cores_aes_ctr(void);
const br_block_ctrcbc_class *bearssl_cores_aes_ctrcbc(void);
br_ghash bearssl_cores_ghash(void);
br_chacha20_run bearssl_cores_chacha20(void);
br_poly1305_run bearssl_cores_poly1305(void);

// Curve25519 takes its multiplier as little-endian bytes in BearSSL 0.6 and as big-endian bytes, as
// its header says, in what came after. The wrong value here fails every known-answer test of
// X25519.
extern const bool bearssl_cores_x25519_big_endian;

#endif

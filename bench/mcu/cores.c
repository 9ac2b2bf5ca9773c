// BearSSL's implementations for small machines, in place of crypto/bearssl/bearssl_cores.c.
//
// In: CORES_PUBLIC_M31 or CORES_FEWEST when this file is compiled, or neither. Out: pointers to
// implementations.
// Everything that touches a secret uses the 15-bit multiplications (m15, i15): a Cortex-M3 takes a
// time for a long product (32 x 32 to 64 bits) that depends on the numbers, and an lx106 has none.
// What is public, signatures of others, may use the longer ones, which on a Cortex-M3 take half the
// instructions. One kind for all is the smaller image; the fewest are X25519 and, to verify with,
// P-256. AES is the 32-bit constant-time one.
#include "crypto/bearssl/bearssl_cores.h"

const bool bearssl_cores_x25519_big_endian = false; // BearSSL 0.6

const br_ec_impl *bearssl_cores_ec_secret(void) {
#ifdef CORES_FEWEST
    return &br_ec_c25519_m15;
#else
    return &br_ec_all_m15;
#endif
}

br_ecdsa_sign bearssl_cores_ecdsa_sign(void) {
    return br_ecdsa_i15_sign_asn1;
}

br_rsa_private bearssl_cores_rsa_private(void) {
    return br_rsa_i15_private;
}

#ifdef CORES_PUBLIC_M31
const br_ec_impl *bearssl_cores_ec_public(void) {
    return &br_ec_all_m31;
}

br_ecdsa_vrfy bearssl_cores_ecdsa_verify(void) {
    return br_ecdsa_i31_vrfy_raw;
}

br_rsa_public bearssl_cores_rsa_public(void) {
    return br_rsa_i31_public;
}
#else
const br_ec_impl *bearssl_cores_ec_public(void) {
#ifdef CORES_FEWEST
    return &br_ec_p256_m15;
#else
    return &br_ec_all_m15;
#endif
}

br_ecdsa_vrfy bearssl_cores_ecdsa_verify(void) {
    return br_ecdsa_i15_vrfy_raw;
}

br_rsa_public bearssl_cores_rsa_public(void) {
    return br_rsa_i15_public;
}
#endif

const br_block_ctr_class *bearssl_cores_aes_ctr(void) {
    return &br_aes_ct_ctr_vtable;
}

const br_block_ctrcbc_class *bearssl_cores_aes_ctrcbc(void) {
    return &br_aes_ct_ctrcbc_vtable;
}

br_ghash bearssl_cores_ghash(void) {
    return br_ghash_ctmul32;
}

br_chacha20_run bearssl_cores_chacha20(void) {
    return br_chacha20_ct_run;
}

br_poly1305_run bearssl_cores_poly1305(void) {
    return br_poly1305_ctmul32_run;
}

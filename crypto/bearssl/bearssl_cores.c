// BearSSL's implementations for hosts: the best that the processor at hand can run.
//
// In: nothing. Out: pointers to implementations, never NULL.
// What BearSSL decides when it is built (br_*_get_default()) is asked each time; what it finds out
// from the processor is asked once, since that instruction is slow and under a hypervisor takes
// longer than a whole record. A second thread that asks meanwhile finds the same answer, so the
// stores need no lock. Microcontrollers replace this file by one that names their implementations,
// so that nothing else is linked.
#include "bearssl_cores.h"

// 64-bit multiplications are fast and constant-time where pointers are that wide.
#define WIDE (sizeof(void *) >= 8)

const bool bearssl_cores_x25519_big_endian = false; // BearSSL 0.6

const br_ec_impl *bearssl_cores_ec_secret(void) {
    return br_ec_get_default();
}

const br_ec_impl *bearssl_cores_ec_public(void) {
    return br_ec_get_default();
}

br_ecdsa_sign bearssl_cores_ecdsa_sign(void) {
    return br_ecdsa_sign_asn1_get_default();
}

br_ecdsa_vrfy bearssl_cores_ecdsa_verify(void) {
    return br_ecdsa_vrfy_raw_get_default();
}

br_rsa_private bearssl_cores_rsa_private(void) {
    return br_rsa_private_get_default();
}

br_rsa_public bearssl_cores_rsa_public(void) {
    return br_rsa_public_get_default();
}

const br_block_ctr_class *bearssl_cores_aes_ctr(void) {
    static const br_block_ctr_class *_Atomic chosen;
    const br_block_ctr_class *aes = chosen;
    if (aes == NULL) {
        aes = br_aes_x86ni_ctr_get_vtable();
        if (aes == NULL) {
            aes = br_aes_pwr8_ctr_get_vtable();
        }
        if (aes == NULL) {
            aes = WIDE ? &br_aes_ct64_ctr_vtable : &br_aes_ct_ctr_vtable;
        }
        chosen = aes;
    }
    return aes;
}

const br_block_ctrcbc_class *bearssl_cores_aes_ctrcbc(void) {
    static const br_block_ctrcbc_class *_Atomic chosen;
    const br_block_ctrcbc_class *aes = chosen;
    if (aes == NULL) {
        aes = br_aes_x86ni_ctrcbc_get_vtable();
        if (aes == NULL) {
            aes = br_aes_pwr8_ctrcbc_get_vtable();
        }
        if (aes == NULL) {
            aes = WIDE ? &br_aes_ct64_ctrcbc_vtable : &br_aes_ct_ctrcbc_vtable;
        }
        chosen = aes;
    }
    return aes;
}

br_ghash bearssl_cores_ghash(void) {
    static _Atomic(br_ghash) chosen;
    br_ghash ghash = chosen;
    if (ghash == NULL) {
        ghash = br_ghash_pclmul_get();
        if (ghash == NULL) {
            ghash = br_ghash_pwr8_get();
        }
        if (ghash == NULL) {
            ghash = WIDE ? br_ghash_ctmul64 : br_ghash_ctmul;
        }
        chosen = ghash;
    }
    return ghash;
}

br_chacha20_run bearssl_cores_chacha20(void) {
    static _Atomic(br_chacha20_run) chosen;
    br_chacha20_run chacha20 = chosen;
    if (chacha20 == NULL) {
        chacha20 = br_chacha20_sse2_get();
        if (chacha20 == NULL) {
            chacha20 = br_chacha20_ct_run;
        }
        chosen = chacha20;
    }
    return chacha20;
}

br_poly1305_run bearssl_cores_poly1305(void) {
    br_poly1305_run poly1305 =
        br_poly1305_ctmulq_get(); // known when BearSSL is built: costs nothing
    return poly1305 != NULL ? poly1305 : br_poly1305_ctmul_run;
}

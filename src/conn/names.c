// Names of cipher suites, groups and signature schemes.
//
// In: numbers of the TLS registries. Out: their names there, "" for what the engine does not know.
// RFC 9846 sections B.4 (suites), 4.3.7 (groups), 4.3.3 (schemes). For people and logs: nothing
// decides by a name. The engine's own code points for certificates have none, since they are in no
// registry.
#include "keys/suites.h"
#include "skerry/skerry.h"

uint16_t skr_suite_at(const skr_provider_t *provider, size_t n) {
    const suite_t *suite = suite_at(provider, n);
    return suite != NULL ? suite->id : 0;
}

uint16_t skr_suite_named(skr_view_t name) {
    const suite_t *suite = suite_named(name);
    return suite != NULL ? suite->id : 0;
}

const char *skr_suite_name(uint16_t suite) {
    const suite_t *found = suite_find(suite);
    return found != NULL ? found->name : "";
}

const char *skr_group_name(uint16_t group) {
    switch (group) {
        case SKR_GROUP_SECP256R1:
            return "secp256r1";
        case SKR_GROUP_SECP384R1:
            return "secp384r1";
        case SKR_GROUP_X25519:
            return "x25519";
        default:
            return "";
    }
}

const char *skr_scheme_name(uint16_t scheme) {
    switch (scheme) {
        case SKR_SIG_RSA_PKCS1_SHA256:
            return "rsa_pkcs1_sha256";
        case SKR_SIG_RSA_PKCS1_SHA384:
            return "rsa_pkcs1_sha384";
        case SKR_SIG_RSA_PKCS1_SHA512:
            return "rsa_pkcs1_sha512";
        case SKR_SIG_ECDSA_SECP256R1_SHA256:
            return "ecdsa_secp256r1_sha256";
        case SKR_SIG_ECDSA_SECP384R1_SHA384:
            return "ecdsa_secp384r1_sha384";
        case SKR_SIG_RSA_PSS_RSAE_SHA256:
            return "rsa_pss_rsae_sha256";
        case SKR_SIG_RSA_PSS_RSAE_SHA384:
            return "rsa_pss_rsae_sha384";
        case SKR_SIG_RSA_PSS_RSAE_SHA512:
            return "rsa_pss_rsae_sha512";
        case SKR_SIG_ED25519:
            return "ed25519";
        case SKR_SIG_RSA_PSS_PSS_SHA256:
            return "rsa_pss_pss_sha256";
        case SKR_SIG_RSA_PSS_PSS_SHA384:
            return "rsa_pss_pss_sha384";
        case SKR_SIG_RSA_PSS_PSS_SHA512:
            return "rsa_pss_pss_sha512";
        default:
            return "";
    }
}

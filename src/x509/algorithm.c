// AlgorithmIdentifiers, public keys and signatures of certificates.
//
// In: DER, a provider. Out: TLS's SignatureScheme numbers, skr_public_key_t, the provider's verdict
// on a signature. RFC 5480 (EC keys: named curve, uncompressed point), RFC 5758 (ECDSA: no
// parameters), RFC 8017 appendix A.2.3 and RFC 4055 (RSA: NULL parameters; RSA-PSS: the hash, MGF1
// with the same hash, a salt of the hash's size), RFC 8410 (Ed25519: no parameters). Parameters
// have exactly the form that the RFC gives them. What is not in the tables (MD5, SHA-1, DSA,
// explicit curves, P-521 ...) has no number and cannot be verified. Which of the rest is good
// enough the provider's lists say.
#include "x509/algorithm.h"

#include "base/bytes.h"
#include "skerry/limits.h"

// What stands behind the OID.
enum { PARAMETERS_ABSENT, PARAMETERS_NULL, PARAMETERS_PSS, PARAMETERS_CURVE };
enum { FAMILY_NONE, FAMILY_RSA, FAMILY_RSA_PSS, FAMILY_ECDSA, FAMILY_ED25519 };

typedef struct {
    uint8_t family, hash, parameters;
    uint8_t oid_size;
    uint8_t oid[9];
} algorithm_row_t;

#define OID_PKCS1(last) \
    9, { \
        0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last \
    }
#define OID_X962_SHA2(last) \
    8, { \
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last \
    }
#define OID_SHA2(last) \
    9, { \
        0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last \
    }
#define OID_ED25519 \
    3, { \
        0x2b, 0x65, 0x70 \
    }

static const algorithm_row_t signature_rows[] = {
    {FAMILY_ECDSA, SKR_HASH_SHA256, PARAMETERS_ABSENT, OID_X962_SHA2(2)},
    {FAMILY_ECDSA, SKR_HASH_SHA384, PARAMETERS_ABSENT, OID_X962_SHA2(3)},
    {FAMILY_ECDSA, SKR_HASH_SHA512, PARAMETERS_ABSENT, OID_X962_SHA2(4)},
    {FAMILY_RSA, SKR_HASH_SHA256, PARAMETERS_NULL, OID_PKCS1(11)},
    {FAMILY_RSA, SKR_HASH_SHA384, PARAMETERS_NULL, OID_PKCS1(12)},
    {FAMILY_RSA, SKR_HASH_SHA512, PARAMETERS_NULL, OID_PKCS1(13)},
    {FAMILY_RSA_PSS, SKR_HASH_NONE, PARAMETERS_PSS, OID_PKCS1(10)},
    {FAMILY_ED25519, SKR_HASH_NONE, PARAMETERS_ABSENT, OID_ED25519},
    {FAMILY_NONE, 0, 0, 0, {0}},
};

static const algorithm_row_t key_rows[] = {
    {FAMILY_RSA, 0, PARAMETERS_NULL, OID_PKCS1(1)},
    {FAMILY_RSA_PSS, 0, PARAMETERS_PSS, OID_PKCS1(10)},
    {FAMILY_ECDSA, 0, PARAMETERS_CURVE, 7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01}},
    {FAMILY_ED25519, 0, PARAMETERS_ABSENT, OID_ED25519},
    {FAMILY_NONE, 0, 0, 0, {0}},
};

static const algorithm_row_t hash_rows[] = {
    {FAMILY_RSA_PSS, SKR_HASH_SHA256, 0, OID_SHA2(1)},
    {FAMILY_RSA_PSS, SKR_HASH_SHA384, 0, OID_SHA2(2)},
    {FAMILY_RSA_PSS, SKR_HASH_SHA512, 0, OID_SHA2(3)},
    {FAMILY_NONE, 0, 0, 0, {0}},
};

// The family is here the key's type.
static const algorithm_row_t curve_rows[] = {
    {SKR_KEY_P256, 0, 0, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}},
    {SKR_KEY_P384, 0, 0, 5, {0x2b, 0x81, 0x04, 0x00, 0x22}},
    {SKR_KEY_NONE, 0, 0, 0, {0}},
};

// id-mgf1
static const algorithm_row_t mgf_rows[] = {
    {FAMILY_RSA_PSS, 0, 0, OID_PKCS1(8)},
    {FAMILY_NONE, 0, 0, 0, {0}},
};

// The row with this OID, or the closing one.
static const algorithm_row_t *algorithm_find(const algorithm_row_t *row, skr_view_t oid) {
    while (row->oid_size != 0 && !view_equal(oid, view_of(row->oid, row->oid_size))) {
        row++;
    }
    return row;
}

// An AlgorithmIdentifier of a hash; RFC 4055 section 2.1: its parameters are NULL or absent.
static uint8_t algorithm_read_hash(reader_t *r) {
    reader_t identifier = der_enter(r, DER_SEQUENCE);
    uint8_t hash = algorithm_find(hash_rows, der_oid(&identifier))->hash;
    skr_view_t parameters = der_optional(&identifier, DER_NULL);
    if (parameters.size != 0 || !reader_done(&identifier)) {
        reader_fail(r);
    }
    return hash;
}

static uint8_t algorithm_read_mgf(reader_t *r) {
    reader_t identifier = der_enter(r, DER_SEQUENCE);
    bool is_mgf1 = algorithm_find(mgf_rows, der_oid(&identifier))->family != FAMILY_NONE;
    uint8_t hash = algorithm_read_hash(&identifier);
    der_leave(r, &identifier);
    return is_mgf1 ? hash : SKR_HASH_NONE;
}

static unsigned algorithm_hash_size(uint8_t hash) {
    return hash == SKR_HASH_SHA256 ? 32 : hash == SKR_HASH_SHA384 ? 48 : 64;
}

// RSASSA-PSS-params (RFC 8017 appendix A.2.3). The defaults mean SHA-1, so all but the trailer must
// be there. SKR_HASH_NONE: readable parameters that are not accepted.
static uint8_t algorithm_read_pss(reader_t *r) {
    reader_t parameters = der_enter(r, DER_SEQUENCE);
    uint8_t hash = SKR_HASH_NONE;
    uint8_t mgf_hash = SKR_HASH_NONE;
    uint32_t salt = 20;
    if (der_is(&parameters, DER_CONSTRUCTED(0))) {
        reader_t field = der_enter(&parameters, DER_CONSTRUCTED(0));
        hash = algorithm_read_hash(&field);
        der_leave(&parameters, &field);
    }
    if (der_is(&parameters, DER_CONSTRUCTED(1))) {
        reader_t field = der_enter(&parameters, DER_CONSTRUCTED(1));
        mgf_hash = algorithm_read_mgf(&field);
        der_leave(&parameters, &field);
    }
    if (der_is(&parameters, DER_CONSTRUCTED(2))) {
        reader_t field = der_enter(&parameters, DER_CONSTRUCTED(2));
        salt = der_small(&field);
        der_leave(&parameters, &field);
    }
    if (der_is(&parameters, DER_CONSTRUCTED(3))) { // DER would leave the default out, some write it
        reader_t field = der_enter(&parameters, DER_CONSTRUCTED(3));
        if (der_small(&field) != 1) {
            hash = SKR_HASH_NONE;
        }
        der_leave(&parameters, &field);
    }
    der_leave(r, &parameters);
    bool accepted = hash == mgf_hash && hash != SKR_HASH_NONE && salt == algorithm_hash_size(hash);
    return accepted && !reader_failed(r) ? hash : SKR_HASH_NONE;
}

uint8_t algorithm_read_curve(reader_t *r) {
    uint8_t type = algorithm_find(curve_rows, der_oid(r))->family;
    return reader_done(r) ? type : SKR_KEY_NONE;
}

// Reads what stands behind the OID in identifier. false: not what the algorithm wants. detail is
// the hash of RSA-PSS or the key type of a curve.
static bool algorithm_read_parameters(reader_t *identifier, uint8_t parameters, uint8_t *detail) {
    switch (parameters) {
        case PARAMETERS_NULL:
            return der_get(identifier, DER_NULL).size == 0 && reader_done(identifier);
        case PARAMETERS_PSS:
            *detail = algorithm_read_pss(identifier);
            return *detail != SKR_HASH_NONE && reader_done(identifier);
        case PARAMETERS_CURVE:
            *detail = algorithm_read_curve(identifier);
            return *detail != SKR_KEY_NONE;
        default:
            return reader_done(identifier);
    }
}

uint8_t algorithm_read_key_type(reader_t *r, uint8_t *hash) {
    reader_t identifier = der_enter(r, DER_SEQUENCE);
    const algorithm_row_t *row = algorithm_find(key_rows, der_oid(&identifier));
    uint8_t detail = SKR_HASH_NONE;
    *hash = SKR_HASH_NONE;
    // An RSA-PSS key without parameters may be used with all (RFC 4055 section 3.1).
    bool is_free = row->family == FAMILY_RSA_PSS && reader_done(&identifier);
    if (!is_free && !algorithm_read_parameters(&identifier, row->parameters, &detail)) {
        return SKR_KEY_NONE;
    }
    switch (row->family) {
        case FAMILY_RSA:
            return SKR_KEY_RSA;
        case FAMILY_RSA_PSS:
            *hash = detail;
            return SKR_KEY_RSA_PSS;
        case FAMILY_ECDSA:
            return detail;
        case FAMILY_ED25519:
            return SKR_KEY_ED25519;
        default:
            return SKR_KEY_NONE;
    }
}

void algorithm_read_rsa(reader_t *r, skr_public_key_t *key) {
    key->a = der_unsigned(r);
    key->b = der_unsigned(r);
}

static unsigned algorithm_point_size(uint8_t key_type) {
    return key_type == SKR_KEY_P256 ? 65 : key_type == SKR_KEY_P384 ? 97 : 32;
}

void algorithm_read_key(reader_t *r, skr_public_key_t *key, uint8_t *hash) {
    reader_t info = der_enter(r, DER_SEQUENCE);
    key->type = algorithm_read_key_type(&info, hash);
    key->a = der_bit_bytes(&info);
    key->b = view_of(NULL, 0);
    der_leave(r, &info);
    switch (key->type) {
        case SKR_KEY_NONE:
            break;
        case SKR_KEY_RSA:
        case SKR_KEY_RSA_PSS: {
            reader_t outer = reader_of(key->a);
            reader_t rsa = der_enter(&outer, DER_SEQUENCE);
            algorithm_read_rsa(&rsa, key);
            der_leave(&outer, &rsa);
            der_leave(r, &outer);
            break;
        }
        case SKR_KEY_ED25519:
            if (key->a.size != 32) {
                reader_fail(r);
            }
            break;
        default: // RFC 5480 section 2.2; compressed points are optional there and not read here
            if (key->a.size != algorithm_point_size(key->type) || key->a.data[0] != 0x04) {
                reader_fail(r);
            }
            break;
    }
}

unsigned algorithm_bits(skr_view_t number) {
    if (number.size == 0) {
        return 0;
    }
    unsigned bits = (unsigned)number.size * 8;
    for (unsigned top = number.data[0]; top < 0x80 && bits > 0; top = top << 1 | 1) {
        bits--;
    }
    return bits;
}

// RFC 8017 section 3.1: the modulus is odd, the exponent odd and at least 3. Sizes that are not
// whole bytes are nobody's.
bool algorithm_rsa_is_accepted(const skr_public_key_t *key) {
    unsigned bits = algorithm_bits(key->a);
    unsigned exponent_bits = algorithm_bits(key->b);
    return bits >= SKR_RSA_BITS_MIN && bits <= SKR_RSA_BITS_MAX && bits % 8 == 0 &&
        (key->a.data[key->a.size - 1] & 1) != 0 && exponent_bits >= 2 &&
        exponent_bits <= SKR_RSA_EXPONENT_BITS_MAX && (key->b.data[key->b.size - 1] & 1) != 0;
}

bool algorithm_type_is_offered(const skr_provider_t *provider, uint8_t key_type) {
    for (const skr_signature_t *const *s = provider->signatures; *s != NULL; s++) {
        if ((*s)->key_type == key_type) {
            return true;
        }
    }
    return false;
}

bool algorithm_key_is_accepted(const skr_provider_t *provider, const skr_public_key_t *key) {
    bool is_rsa = key->type == SKR_KEY_RSA || key->type == SKR_KEY_RSA_PSS;
    return key->type != SKR_KEY_NONE && algorithm_type_is_offered(provider, key->type) &&
        (!is_rsa || algorithm_rsa_is_accepted(key));
}

typedef struct {
    uint16_t scheme;
    uint8_t family, hash, key_type;
} algorithm_scheme_row_t;

static const algorithm_scheme_row_t scheme_rows[] = {
    {SKR_SIG_ECDSA_SECP256R1_SHA256, FAMILY_ECDSA, SKR_HASH_SHA256, SKR_KEY_P256},
    {SKR_SIG_CERT_ECDSA_P256_SHA384, FAMILY_ECDSA, SKR_HASH_SHA384, SKR_KEY_P256},
    {SKR_SIG_CERT_ECDSA_P256_SHA512, FAMILY_ECDSA, SKR_HASH_SHA512, SKR_KEY_P256},
    {SKR_SIG_CERT_ECDSA_P384_SHA256, FAMILY_ECDSA, SKR_HASH_SHA256, SKR_KEY_P384},
    {SKR_SIG_ECDSA_SECP384R1_SHA384, FAMILY_ECDSA, SKR_HASH_SHA384, SKR_KEY_P384},
    {SKR_SIG_CERT_ECDSA_P384_SHA512, FAMILY_ECDSA, SKR_HASH_SHA512, SKR_KEY_P384},
    {SKR_SIG_RSA_PKCS1_SHA256, FAMILY_RSA, SKR_HASH_SHA256, SKR_KEY_RSA},
    {SKR_SIG_RSA_PKCS1_SHA384, FAMILY_RSA, SKR_HASH_SHA384, SKR_KEY_RSA},
    {SKR_SIG_RSA_PKCS1_SHA512, FAMILY_RSA, SKR_HASH_SHA512, SKR_KEY_RSA},
    {SKR_SIG_RSA_PSS_RSAE_SHA256, FAMILY_RSA_PSS, SKR_HASH_SHA256, SKR_KEY_RSA},
    {SKR_SIG_RSA_PSS_RSAE_SHA384, FAMILY_RSA_PSS, SKR_HASH_SHA384, SKR_KEY_RSA},
    {SKR_SIG_RSA_PSS_RSAE_SHA512, FAMILY_RSA_PSS, SKR_HASH_SHA512, SKR_KEY_RSA},
    {SKR_SIG_RSA_PSS_PSS_SHA256, FAMILY_RSA_PSS, SKR_HASH_SHA256, SKR_KEY_RSA_PSS},
    {SKR_SIG_RSA_PSS_PSS_SHA384, FAMILY_RSA_PSS, SKR_HASH_SHA384, SKR_KEY_RSA_PSS},
    {SKR_SIG_RSA_PSS_PSS_SHA512, FAMILY_RSA_PSS, SKR_HASH_SHA512, SKR_KEY_RSA_PSS},
    {SKR_SIG_ED25519, FAMILY_ED25519, SKR_HASH_NONE, SKR_KEY_ED25519},
};

// The row of a signature's AlgorithmIdentifier and its hash; NULL: unknown, or with other
// parameters than it must have.
static const algorithm_row_t *algorithm_of_signature(skr_view_t identifier, uint8_t *hash) {
    reader_t outer = reader_of(identifier);
    reader_t r = der_enter(&outer, DER_SEQUENCE);
    const algorithm_row_t *row = algorithm_find(signature_rows, der_oid(&r));
    *hash = row->hash;
    bool fits = algorithm_read_parameters(&r, row->parameters, hash);
    return fits && row->family != FAMILY_NONE ? row : NULL;
}

bool algorithm_hash(skr_view_t identifier, uint8_t *hash) {
    return algorithm_of_signature(identifier, hash) != NULL;
}

uint16_t algorithm_scheme(skr_view_t identifier, const skr_public_key_t *key, uint8_t key_hash) {
    uint8_t hash = SKR_HASH_NONE;
    const algorithm_row_t *row = algorithm_of_signature(identifier, &hash);
    if (row == NULL || (key_hash != SKR_HASH_NONE && key_hash != hash)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(scheme_rows) / sizeof(scheme_rows[0]); i++) {
        const algorithm_scheme_row_t *s = &scheme_rows[i];
        if (s->family == row->family && s->hash == hash && s->key_type == key->type) {
            return s->scheme;
        }
    }
    return 0;
}

// Private keys.
//
// In: DER of PKCS #8 (RFC 5958), SEC1 (RFC 5915) or PKCS #1 (RFC 8017 appendix A.1.2). Out:
// skr_private_key_t, views into that DER, opened with the provider. Scalars and seeds have exactly
// their curve's size (RFC 5915 section 3, RFC 8410 section 7); RSA keys have two primes and a size
// that limits.h accepts. Attributes and the public key of PKCS #8 version 2 are stepped over: what
// belongs to the private key the provider computes or compares. Encrypted keys are recognised and
// refused, never decrypted. Lengths and structure steer the reading, the secret numbers never do.
#include "base/bytes.h"
#include "skerry/limits.h"
#include "skerry/x509.h"
#include "x509/algorithm.h"
#include "x509/der.h"

static size_t keys_field_size(uint8_t type) {
    return type == SKR_KEY_P384 ? 48 : 32;
}

// ECPrivateKey. type is what the outer AlgorithmIdentifier said, or SKR_KEY_NONE.
static skr_status_t keys_read_ec(skr_private_key_t *key, reader_t *r, uint8_t type) {
    reader_t sequence = der_enter(r, DER_SEQUENCE);
    bool version = der_small(&sequence) == 1;
    skr_view_t scalar = der_get(&sequence, DER_OCTET_STRING);
    bool known = true;
    if (der_is(&sequence, DER_CONSTRUCTED(0))) {
        reader_t parameters = der_enter(&sequence, DER_CONSTRUCTED(0));
        uint8_t curve = algorithm_read_curve(&parameters);
        known = curve != SKR_KEY_NONE && (type == SKR_KEY_NONE || type == curve);
        type = curve;
    }
    skr_view_t point = view_of(NULL, 0);
    if (der_is(&sequence, DER_CONSTRUCTED(1))) {
        reader_t public_key = der_enter(&sequence, DER_CONSTRUCTED(1));
        point = der_bit_bytes(&public_key);
        der_leave(&sequence, &public_key);
    }
    der_leave(r, &sequence);
    if (reader_failed(r) || !version) {
        return SKR_ERR_KEY_MALFORMED;
    }
    if (!known || type == SKR_KEY_NONE) {
        return SKR_ERR_CERT_ALGORITHM;
    }
    size_t size = keys_field_size(type);
    if (scalar.size != size ||
        (view_is(point) && (point.size != 2 * size + 1 || point.data[0] != 0x04))) {
        return SKR_ERR_KEY_MALFORMED;
    }
    key->type = type;
    key->bits = (uint16_t)(8 * size);
    key->part[0] = scalar;
    key->part[1] = point;
    return SKR_OK;
}

// RSAPrivateKey; version 0 has two primes.
static skr_status_t keys_read_rsa(skr_private_key_t *key, reader_t *r, uint8_t type) {
    reader_t sequence = der_enter(r, DER_SEQUENCE);
    bool version = der_small(&sequence) == 0;
    for (unsigned i = 0; i < SKR_KEY_PARTS; i++) {
        key->part[i] = der_unsigned(&sequence);
    }
    der_leave(r, &sequence);
    if (reader_failed(r) || !version) {
        return SKR_ERR_KEY_MALFORMED;
    }
    skr_public_key_t public_key = {type, key->part[SKR_RSA_N], key->part[SKR_RSA_E]};
    if (!algorithm_rsa_is_accepted(&public_key)) {
        return SKR_ERR_CERT_ALGORITHM;
    }
    key->type = type;
    key->bits = (uint16_t)algorithm_bits(public_key.a);
    return SKR_OK;
}

// CurvePrivateKey (RFC 8410 section 7): an OCTET STRING in the OCTET STRING.
static skr_status_t keys_read_ed25519(skr_private_key_t *key, reader_t *r) {
    skr_view_t seed = der_get(r, DER_OCTET_STRING);
    if (seed.size != 32 || !reader_done(r)) {
        return SKR_ERR_KEY_MALFORMED;
    }
    key->type = SKR_KEY_ED25519;
    key->bits = 256;
    key->part[0] = seed;
    return SKR_OK;
}

// OneAsymmetricKey, version 1 or 2.
static skr_status_t keys_read_pkcs8(skr_private_key_t *key, reader_t *r) {
    uint8_t hash;
    reader_t sequence = der_enter(r, DER_SEQUENCE);
    bool version = der_small(&sequence) <= 1;
    uint8_t type = algorithm_read_key_type(&sequence, &hash);
    skr_view_t inner = der_get(&sequence, DER_OCTET_STRING);
    der_optional(&sequence, DER_CONSTRUCTED(0)); // attributes
    der_optional(&sequence, DER_PRIMITIVE(1)); // public key
    der_leave(r, &sequence);
    if (reader_failed(r) || !version) {
        return SKR_ERR_KEY_MALFORMED;
    }
    reader_t content = reader_of(inner);
    skr_status_t status;
    switch (type) {
        case SKR_KEY_NONE:
            return SKR_ERR_CERT_ALGORITHM;
        case SKR_KEY_RSA:
        case SKR_KEY_RSA_PSS:
            status = keys_read_rsa(key, &content, type);
            break;
        case SKR_KEY_ED25519:
            return keys_read_ed25519(key, &content);
        default:
            status = keys_read_ec(key, &content, type);
            break;
    }
    return status == SKR_OK && !reader_done(&content) ? SKR_ERR_KEY_MALFORMED : status;
}

// What comes second in the outer SEQUENCE tells the formats apart: PKCS #8 has an
// AlgorithmIdentifier, SEC1 an OCTET STRING, PKCS #1 an INTEGER. EncryptedPrivateKeyInfo (RFC 5958
// section 3) begins with a SEQUENCE.
static skr_status_t keys_read(skr_private_key_t *key, skr_view_t der) {
    reader_t r = reader_of(der);
    reader_t probe = r;
    reader_t sequence = der_enter(&probe, DER_SEQUENCE);
    if (reader_done(&probe) && der_is(&sequence, DER_SEQUENCE)) {
        der_get(&sequence, DER_SEQUENCE);
        return der_is(&sequence, DER_OCTET_STRING) ? SKR_ERR_KEY_ENCRYPTED : SKR_ERR_KEY_MALFORMED;
    }
    der_integer(&sequence);
    skr_status_t status = SKR_ERR_KEY_MALFORMED;
    if (der_is(&sequence, DER_SEQUENCE)) {
        status = keys_read_pkcs8(key, &r);
    } else if (der_is(&sequence, DER_OCTET_STRING)) {
        status = keys_read_ec(key, &r, SKR_KEY_NONE);
    } else if (der_is(&sequence, DER_INTEGER)) {
        status = keys_read_rsa(key, &r, SKR_KEY_RSA);
    }
    return status == SKR_OK && !reader_done(&r) ? SKR_ERR_KEY_MALFORMED : status;
}

skr_status_t skr_private_key_load(
    skr_private_key_t *key, skr_view_t der, const skr_provider_t *provider) {
    static const skr_private_key_t empty = {.type = SKR_KEY_NONE};
    *key = empty;
    skr_status_t status = keys_read(key, der);
    if (status == SKR_OK && !algorithm_type_is_offered(provider, key->type)) {
        status = SKR_ERR_CERT_ALGORITHM;
    }
    if (status == SKR_OK && !provider->key_open(key)) {
        status = SKR_ERR_PROVIDER;
    }
    if (status != SKR_OK) {
        *key = empty;
    }
    return status;
}

void skr_private_key_unload(skr_private_key_t *key, const skr_provider_t *provider) {
    static const skr_private_key_t empty = {.type = SKR_KEY_NONE};
    if (key->type != SKR_KEY_NONE && !key->external) {
        provider->key_close(key);
    }
    *key = empty;
}

// AlgorithmIdentifiers and public keys.
#ifndef SKR_X509_ALGORITHM_H
#define SKR_X509_ALGORITHM_H

#include "skerry/crypto.h"
#include "x509/der.h"

// Key algorithms as PKCS#8 and SubjectPublicKeyInfo name them. hash: what RSA-PSS parameters bind
// the key to. SKR_KEY_NONE: unknown algorithm or curve; the reader only fails when the encoding is
// wrong.
uint8_t algorithm_read_key_type(reader_t *r, uint8_t *hash);
// ECParameters that are a named curve, all that is left; SKR_KEY_NONE for others.
uint8_t algorithm_read_curve(reader_t *r);
// A SubjectPublicKeyInfo. key->type is SKR_KEY_NONE when its algorithm is unknown; the reader fails
// when it is malformed.
void algorithm_read_key(reader_t *r, skr_public_key_t *key, uint8_t *hash);
// The content of an RSAPublicKey's SEQUENCE.
void algorithm_read_rsa(reader_t *r, skr_public_key_t *key);
// Bits of an unsigned number without leading zero bytes.
unsigned algorithm_bits(skr_view_t number);
// Has the provider any signature for keys of this type?
bool algorithm_type_is_offered(const skr_provider_t *provider, uint8_t key_type);
// An RSA key within the sizes of limits.h, odd where it must be?
bool algorithm_rsa_is_accepted(const skr_public_key_t *key);
// Is the key of a kind and size that limits.h accepts and that some signature of the provider
// takes?
bool algorithm_key_is_accepted(const skr_provider_t *provider, const skr_public_key_t *key);

// The hash (skr_hash_id_t) that a signature with this AlgorithmIdentifier signs the digest of.
// false: unknown. SKR_HASH_NONE: the message itself.
bool algorithm_hash(skr_view_t identifier, uint8_t *hash);
// The scheme (skr_scheme_t) that a signature with this AlgorithmIdentifier by this key has; 0: none
// that is known, or the key is of another type or bound to another hash.
uint16_t algorithm_scheme(skr_view_t identifier, const skr_public_key_t *key, uint8_t key_hash);

#endif

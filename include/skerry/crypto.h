// The contract between the engine and a library of cryptographic primitives.
//
// A provider is a set of const descriptors, one per algorithm, and a list of which of them a build
// holds. The engine calls through the descriptors only; what a list does not name is not linked.
// Providers keep no state of their own between calls but what stands in the state that they are
// handed.
//
// All sizes are bytes. Pointers are never NULL unless it says so; in and out do not overlap unless
// it says so.
#ifndef SKR_CRYPTO_H
#define SKR_CRYPTO_H

#include "skerry/limits.h"
#include "skerry/types.h"

// What a primitive says.
typedef enum {
    SKR_CRYPTO_OK = 0,
    SKR_CRYPTO_REFUSED, // the input is wrong: a bad tag, a bad signature, a point that is not on
                        // the curve
    SKR_CRYPTO_RETRY, // these random bytes can't be used, draw others (chance below 2^-32 for the
                      // groups here)
    SKR_CRYPTO_FAILED, // the library failed: no memory, hardware error; says nothing about the
                       // input
} skr_crypto_t;

// --- Random bytes ---
// Fills out with size bytes fit for keys. false: the source failed and nothing in out may be used.
typedef bool (*skr_random_t)(void *user, uint8_t *out, size_t size);

// --- Hash functions ---
typedef enum {
    SKR_HASH_NONE = 0, // "pure" signatures, which hash the message themselves (Ed25519)
    SKR_HASH_SHA256 = 4, // the numbers are TLS's HashAlgorithm (RFC 5246 section 7.4.1.4.1)
    SKR_HASH_SHA384 = 5,
    SKR_HASH_SHA512 = 6,
} skr_hash_id_t;

// The state is state_size bytes, 8-aligned, owned by the caller, and may be copied by memcpy
// between calls; it holds no pointer to itself and nothing that must be freed.
typedef struct {
    uint8_t id; // skr_hash_id_t
    uint8_t size; // of the digest
    uint8_t block_size; // of HMAC's block
    uint16_t state_size; // <= SKR_HASH_STATE_MAX
    bool (*init)(void *state);
    bool (*update)(void *state, const uint8_t *data, size_t size);
    // Writes the digest of what came so far; the state goes on as if nothing had happened.
    bool (*result)(const void *state, uint8_t *out);
} skr_hash_t;

// --- Authenticated encryption (RFC 5116) ---
typedef enum {
    SKR_AEAD_AES_128_GCM = 1, // the numbers are IANA's AEAD registry
    SKR_AEAD_AES_256_GCM = 2,
    SKR_AEAD_AES_128_CCM = 3,
    SKR_AEAD_AES_256_CCM = 4,
    SKR_AEAD_AES_128_CCM_8 = 18, // a tag of 8 bytes: for those who ask for it by name
    SKR_AEAD_AES_256_CCM_8 = 19,
    SKR_AEAD_CHACHA20_POLY1305 = 29,
} skr_aead_id_t;

// The state is state_size bytes, 16-aligned, owned by the caller; it holds the expanded key and
// never moves between init and clear. A record is sealed and opened in place.
typedef struct {
    uint8_t id; // skr_aead_id_t
    uint8_t key_size;
    uint8_t tag_size; // <= SKR_AEAD_TAG_MAX; 8 for the CCM_8 ones
    uint16_t state_size;
    // Records that one key may seal (RFC 9846 section 5.5), 0 when only the sequence number ends
    // it.
    uint32_t record_limit;
    bool (*init)(void *state, const uint8_t *key);
    // Frees and wipes; called once for every init that was called, also for one that failed.
    void (*clear)(void *state);
    // data[0..size) becomes the ciphertext, tag gets tag_size bytes.
    bool (*seal)(void *state, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
        uint8_t *data, size_t size, uint8_t *tag);
    // data[0..size) becomes the plaintext. REFUSED: the tag is wrong; data is then worthless and
    // must not be used.
    skr_crypto_t (*open)(void *state, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
        uint8_t *data, size_t size, const uint8_t *tag);
    // The same for a record that lies in several places, or NULL, all three: the library opens
    // whole records only. run is run_size bytes, 16-aligned, the caller's from open_start() until
    // it has wiped them; nothing else uses the state meanwhile, but a record may be left in the
    // middle. size is that of all the data.
    uint8_t run_size; // <= SKR_AEAD_RUN_MAX
    bool (*open_start)(void *state, void *run, const uint8_t *nonce, const uint8_t *aad,
        size_t aad_size, size_t size);
    // data[0..size) becomes plaintext that nobody has vouched for yet. Pieces have any size but 0.
    bool (*open_piece)(void *state, void *run, uint8_t *data, size_t size);
    // Behind all the data. REFUSED: the tag is wrong, and the caller wipes the pieces.
    skr_crypto_t (*open_end)(void *state, void *run, const uint8_t *tag);
} skr_aead_t;

// --- Key exchange ---
typedef enum {
    SKR_GROUP_SECP256R1 = 23, // the numbers are IANA's TLS Supported Groups
    SKR_GROUP_SECP384R1 = 24,
    SKR_GROUP_X25519 = 29,
} skr_group_id_t;

// Shaped as a key encapsulation, so that later hybrids with ML-KEM fit: the client generates, the
// server responds, the client finishes. The engine draws the random bytes, so that runs can be
// reproduced by tests.
typedef struct {
    uint16_t id; // skr_group_id_t
    uint16_t private_size; // what generate() and respond() want of random bytes
    uint16_t public_size; // of the client's share
    uint16_t response_size; // of the server's share
    uint16_t shared_size;
    // private_key comes in as private_size random bytes and stays the private key. Writes the
    // public share.
    skr_crypto_t (*generate)(uint8_t *private_key, uint8_t *public_share);
    // The server's side: from the client's share and private_size random bytes (wiped by the
    // caller) to the answer and the shared secret. REFUSED: the peer's share is no valid value, or
    // leads to an all-zero secret (section 7.4.2).
    skr_crypto_t (*respond)(
        uint8_t *random, const uint8_t *peer, size_t peer_size, uint8_t *response, uint8_t *shared);
    skr_crypto_t (*finish)(
        const uint8_t *private_key, const uint8_t *peer, size_t peer_size, uint8_t *shared);
} skr_group_t;

// --- Signatures ---
typedef enum {
    SKR_KEY_NONE = 0,
    SKR_KEY_RSA, // rsaEncryption
    SKR_KEY_RSA_PSS, // id-RSASSA-PSS
    SKR_KEY_P256,
    SKR_KEY_P384,
    SKR_KEY_ED25519,
} skr_key_type_t;

// A public key as views into the certificate that holds it (or into a copy).
typedef struct {
    uint8_t type; // skr_key_type_t
    // RSA: a is the modulus without leading zeros, b the exponent without leading zeros,
    // big-endian. EC: a is the uncompressed point (0x04, x, y). Ed25519: a is the 32-byte point.
    skr_view_t a, b;
} skr_public_key_t;

// A private key as views into the file that holds it, and what a provider made of it.
enum {
    SKR_RSA_N,
    SKR_RSA_E,
    SKR_RSA_D,
    SKR_RSA_P,
    SKR_RSA_Q,
    SKR_RSA_DP,
    SKR_RSA_DQ,
    SKR_RSA_QINV,
    SKR_KEY_PARTS
};
typedef struct {
    uint8_t type; // skr_key_type_t
    bool external; // the caller signs (a secure element): no part is here
    uint16_t bits; // of the modulus or the field
    // RSA: by SKR_RSA_*. EC: [0] is the scalar, [1] the uncompressed point or absent. Ed25519: [0]
    // is the 32-byte seed.
    skr_view_t part[SKR_KEY_PARTS];
    void *handle; // the provider's own, from key_open() to key_close(); NULL where it needs none
} skr_private_key_t;

typedef enum {
    // The numbers are TLS's SignatureScheme (RFC 9846 section 4.3.3).
    SKR_SIG_RSA_PKCS1_SHA256 = 0x0401, // in certificates; in handshakes of TLS 1.2 only
    SKR_SIG_RSA_PKCS1_SHA384 = 0x0501,
    SKR_SIG_RSA_PKCS1_SHA512 = 0x0601,
    SKR_SIG_ECDSA_SECP256R1_SHA256 = 0x0403,
    SKR_SIG_ECDSA_SECP384R1_SHA384 = 0x0503,
    SKR_SIG_RSA_PSS_RSAE_SHA256 = 0x0804,
    SKR_SIG_RSA_PSS_RSAE_SHA384 = 0x0805,
    SKR_SIG_RSA_PSS_RSAE_SHA512 = 0x0806,
    SKR_SIG_ED25519 = 0x0807,
    SKR_SIG_RSA_PSS_PSS_SHA256 = 0x0809,
    SKR_SIG_RSA_PSS_PSS_SHA384 = 0x080a,
    SKR_SIG_RSA_PSS_PSS_SHA512 = 0x080b,
    // Certificates in the wild pair any curve with any hash (RFC 5758); these code points are
    // private to the engine
    // and never go on the wire.
    SKR_SIG_CERT_ECDSA_P256_SHA384 = 0xfe01,
    SKR_SIG_CERT_ECDSA_P256_SHA512 = 0xfe02,
    SKR_SIG_CERT_ECDSA_P384_SHA256 = 0xfe03,
    SKR_SIG_CERT_ECDSA_P384_SHA512 = 0xfe04,
} skr_scheme_t;

typedef struct {
    uint16_t scheme; // skr_scheme_t
    uint8_t key_type; // skr_key_type_t that it takes
    uint8_t hash; // skr_hash_id_t; message below is then the digest, with SKR_HASH_NONE the whole
                  // message
    // REFUSED: the signature does not fit, is malformed, or the key is not a valid one of its type
    // and size.
    skr_crypto_t (*verify)(const skr_public_key_t *key, const uint8_t *message, size_t message_size,
        const uint8_t *signature, size_t signature_size);
    // Writes at most SKR_SIGNATURE_MAX bytes, with keys other than RSA's SKR_SIGNATURE_EC_MAX, and
    // their number; NULL where the scheme is for certificates only. random is for schemes that need
    // salt and may be used for blinding.
    skr_crypto_t (*sign)(const skr_private_key_t *key, const uint8_t *message, size_t message_size,
        skr_random_t random, void *random_user, uint8_t *signature, size_t *signature_size);
} skr_signature_t;

// --- The provider ---
// Lists end with NULL and stand in the order of preference: the order of aeads is the order of the
// cipher suites in a ClientHello, and so on. Signatures without sign() and code points from 0xfe00
// on are for certificates only; rsa_pkcs1_* sign handshakes of TLS 1.2, never of TLS 1.3.
typedef struct {
    const char *name; // of the library, with its version, for people
    const skr_hash_t *const *hashes;
    const skr_aead_t *const *aeads;
    const skr_group_t *const *groups;
    const skr_signature_t *const *signatures;
    // Makes key->handle from the parts, once, when a key is loaded. false: no memory, or the parts
    // are no key.
    bool (*key_open)(skr_private_key_t *key);
    void (*key_close)(skr_private_key_t *key);
    // Does the private key belong to the public one? Compares what is public; false when in doubt.
    bool (*key_matches)(const skr_private_key_t *key, const skr_public_key_t *public_key);
    // The library's own random source; NULL where it has none and the configuration must give one.
    skr_random_t random;
} skr_provider_t;

extern const skr_provider_t skr_provider_openssl; // crypto/openssl, OpenSSL 3 libcrypto
extern const skr_provider_t skr_provider_bearssl; // crypto/bearssl, BearSSL 0.6

#endif

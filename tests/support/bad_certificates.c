// Chains that must be refused.
//
// In: a number. Out: a chain of a leaf and a CA below a root in which one thing is wrong: how it is
// signed (RFC 8017 section 9.2, FIPS 186-5 section 6.4.2), who may issue (RFC 5280
// section 4.2.1.9), where it ends (section 6.1), whose names it bears (RFC 9525 section 6, RFC 5280
// section 4.2.1.10) or how it is written (X.690 section 10). The alerts are those of RFC 9846
// section 6.2. Error and alert are both written here, so that neither can change unseen.
#include "support/bad_certificates.h"

#include <string.h>

#define BYTES(text) \
    { (const uint8_t *)(text), sizeof(text) - 1 }
#define EXTENSION(oid, text) .extensions = {{oid, true, BYTES(text)}}
#define NAMES(text) .extensions = {{"2.5.29.17", false, BYTES(text)}}
#define MALFORMED SKR_ERR_CERT_MALFORMED, SKR_ALERT_BAD_CERTIFICATE
#define SIGNATURE SKR_ERR_CERT_SIGNATURE, SKR_ALERT_BAD_CERTIFICATE
#define ALGORITHM SKR_ERR_CERT_ALGORITHM, SKR_ALERT_UNSUPPORTED_CERTIFICATE
#define CONSTRAINT SKR_ERR_CERT_CONSTRAINT, SKR_ALERT_BAD_CERTIFICATE
#define NAME SKR_ERR_CERT_NAME, SKR_ALERT_BAD_CERTIFICATE
#define NOT_CA SKR_ERR_CERT_NOT_CA, SKR_ALERT_BAD_CERTIFICATE
#define UNKNOWN_CA SKR_ERR_CERT_UNKNOWN_CA, SKR_ALERT_UNKNOWN_CA

// --- PKCS #1 v1.5: all of the block must be as it would be made (RFC 8017 section 8.2.2) ---
enum { BLOCK = X509_MAKE_RSA_BLOCK, INFO_SIZE = 19, TAIL = INFO_SIZE + 32 };

static void forge_short_padding(uint8_t *block) { // eight bytes, what is left over lies behind
    memmove(block + 11, block + BLOCK - TAIL, TAIL);
    block[10] = 0;
    memset(block + 11 + TAIL, 0, BLOCK - 11 - TAIL);
}

static void forge_no_padding(uint8_t *block) {
    memmove(block + 3, block + BLOCK - TAIL, TAIL);
    block[2] = 0;
    memset(block + 3 + TAIL, 0xff, BLOCK - 3 - TAIL);
}

static void forge_trailing(uint8_t *block) { // one byte behind the digest
    memmove(block + BLOCK - TAIL - 2, block + BLOCK - TAIL - 1, TAIL + 1);
    block[BLOCK - 1] = 0;
}

static void forge_inside(uint8_t *block) { // the sequence is longer than what is in it
    memmove(block + BLOCK - TAIL - 2, block + BLOCK - TAIL - 1, TAIL + 1);
    block[BLOCK - TAIL] = 0x32;
    block[BLOCK - 1] = 0;
}

static void forge_without_null(uint8_t *block) {
    uint8_t *info = block + BLOCK - TAIL;
    memmove(info + 2, info, 15); // up to the algorithm's end
    memset(info - 1, 0xff, 2);
    info[1] = 0;
    info[3] = 0x2f;
    info[5] = 0x0b;
}

static void forge_long_length(uint8_t *block) { // 30 81 31: BER, not DER
    uint8_t *info = block + BLOCK - TAIL;
    info[-2] = 0;
    info[-1] = 0x30;
    info[0] = 0x81;
}

static void forge_padding(uint8_t *block) {
    block[100] = 0xfe;
}

static void forge_separator(uint8_t *block) {
    block[BLOCK - TAIL - 1] = 0xff;
}

static void forge_type(uint8_t *block) {
    block[1] = 2;
}

static void forge_other_hash(uint8_t *block) { // SHA-512/256 is as long
    block[BLOCK - TAIL + 14] = 6;
}

static void forge_digest(uint8_t *block) {
    block[BLOCK - 1] ^= 1;
}

// --- Changes of what was made ---

static void peers_root(x509_try_t *t) { // sent along, trusted by nobody
    t->chain[2] = x509_made_view(&t->made_root);
    t->chain_count = 3;
    t->anchor_count = 0;
}

static void own_issuer(x509_try_t *t) {
    t->chain_count = 1;
}

static void other_root(x509_try_t *t) { // the same name
    static x509_made_t made;
    x509_make(&made, &(x509_make_t){.subject = "Test Root", .ca = true, .key_number = 9});
    t->anchors[0] = x509_made_view(&made);
}

static void other_name(x509_try_t *t) { // the same key
    static x509_made_t made;
    x509_make(&made, &(x509_make_t){.subject = "Other Root", .ca = true});
    t->anchors[0] = x509_made_view(&made);
}

static void no_issuer(x509_try_t *t) {
    t->chain_count = 1;
}

static void leaf_twice(x509_try_t *t) { // the leaf in its issuer's place
    t->chain[1] = t->chain[0];
}

static void uri_in_leaf(x509_try_t *t) {
    t->leaf.names[2] = "URI:https://server.example/";
    x509_make(&t->made_leaf, &t->leaf);
    t->chain[0] = x509_made_view(&t->made_leaf);
}

// More CAs, one below the other, than a path may have.
static void too_deep(x509_try_t *t) {
    enum { CAS = SKR_PATH_MAX };
    static x509_made_t made[CAS];
    static const char *const names[CAS] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};
    for (unsigned i = 0; i < CAS; i++) {
        x509_make(&made[i],
            &(x509_make_t){.subject = names[i],
                .ca = true,
                .key_number = 20 + i,
                .issuer = i > 0 ? &made[i - 1] : &t->made_root});
        t->chain[CAS - i] = x509_made_view(&made[i]);
    }
    t->leaf.issuer = &made[CAS - 1];
    x509_make(&t->made_leaf, &t->leaf);
    t->chain[0] = x509_made_view(&t->made_leaf);
    t->chain_count = CAS + 1;
}

// Two CAs that have issued each other, and nobody above them.
static void circle(x509_try_t *t) {
    static x509_made_t first, second;
    x509_make(&first, &(x509_make_t){.subject = "Second", .ca = true, .key_number = 6});
    x509_make(&second,
        &(x509_make_t){.subject = "Test CA", .ca = true, .key_number = 1, .issuer = &first});
    x509_make(&first,
        &(x509_make_t){.subject = "Second", .ca = true, .key_number = 6, .issuer = &t->made_ca});
    t->chain[1] = x509_made_view(&second);
    t->chain[2] = x509_made_view(&first);
    t->chain_count = 3;
}

// --- Bytes of TBSCertificate ---

static void alter_indefinite(uint8_t *tbs, size_t *size) {
    memmove(tbs + 2, tbs + 4, *size - 4);
    tbs[1] = 0x80;
    tbs[*size - 2] = tbs[*size - 1] = 0;
}

static void alter_long_length(uint8_t *tbs, size_t *size) { // 83 00 xx xx
    memmove(tbs + 5, tbs + 4, *size - 4);
    tbs[4] = tbs[3];
    tbs[3] = tbs[2];
    tbs[2] = 0;
    tbs[1] = 0x83;
    ++*size;
}

static void alter_beyond(uint8_t *tbs, size_t *size) {
    (void)size;
    tbs[3]++;
}

// --- Keys (SubjectPublicKeyInfo) ---
#define P256_HEAD "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define ZEROS8 "\0\0\0\0\0\0\0\0"
#define ZEROS31 ZEROS8 ZEROS8 ZEROS8 "\0\0\0\0\0\0\0"
#define NO_POINT "\x30\x18\x30\x13" P256_HEAD "\x03\x01\x00"
#define OFF_CURVE "\x30\x59\x30\x13" P256_HEAD "\x03\x42\x00\x04" ZEROS31 "\x01" ZEROS31 "\x01"
#define COMPRESSED "\x30\x39\x30\x13" P256_HEAD "\x03\x22\x00\x02" ZEROS31 "\x01"
#define P256_ORDER \
    "\x00\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad" \
    "\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51"

// clang-format off
const bad_certificate_t bad_certificates[] = {
    {"good", SKR_OK, SKR_ALERT_NONE, BAD_LEAF, .make = {.subject = "server.example"}},
    {"good, below RSA", SKR_OK, SKR_ALERT_NONE, BAD_CA, .make = {.key = X509_RSA, .key_number = 1}},

    // 22: PKCS #1 v1.5, by a CA with an RSA key
    {"padding of eight bytes, zeros behind", SIGNATURE, BAD_LEAF, .make = {.forge = forge_short_padding}},
    {"no padding, garbage behind", SIGNATURE, BAD_LEAF, .make = {.forge = forge_no_padding}},
    {"a byte behind the digest", SIGNATURE, BAD_LEAF, .make = {.forge = forge_trailing}},
    {"a byte more inside of DigestInfo", SIGNATURE, BAD_LEAF, .make = {.forge = forge_inside}},
    {"no NULL", SIGNATURE, BAD_LEAF, .make = {.forge = forge_without_null}},
    {"a length in two bytes", SIGNATURE, BAD_LEAF, .make = {.forge = forge_long_length}},
    {"a byte of the padding", SIGNATURE, BAD_LEAF, .make = {.forge = forge_padding}},
    {"the byte behind the padding", SIGNATURE, BAD_LEAF, .make = {.forge = forge_separator}},
    {"the block's type", SIGNATURE, BAD_LEAF, .make = {.forge = forge_type}},

    // 23: hashes and numbers
    {"another hash in DigestInfo", SIGNATURE, BAD_LEAF, .make = {.forge = forge_other_hash}},
    {"another digest", SIGNATURE, BAD_LEAF, .make = {.forge = forge_digest}},
    {"ECDSA with SHA-1", ALGORITHM, BAD_LEAF, .make = {.scheme = X509_SIGN_ECDSA_SHA1}},
    {"ECDSA with SHA-1, the CA's", ALGORITHM, BAD_CA, .make = {.scheme = X509_SIGN_ECDSA_SHA1}},
    {"RSA with MD5", ALGORITHM, BAD_LEAF, .make = {.algorithm = BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04\x05\x00")}},
    {"another algorithm inside", MALFORMED, BAD_LEAF, .make = {.other_inner_algorithm = true}},
    {"r and s are 0", SIGNATURE, BAD_LEAF, .make = {.signature = BYTES("\x30\x06\x02\x01\x00\x02\x01\x00")}},
    {"r is 0", SIGNATURE, BAD_LEAF, .make = {.signature = BYTES("\x30\x06\x02\x01\x00\x02\x01\x01")}},
    {"s is the order", SIGNATURE, BAD_LEAF, .make = {.signature = BYTES("\x30\x26\x02\x01\x01\x02\x21" P256_ORDER)}},
    {"r is the order", SIGNATURE, BAD_LEAF, .make = {.signature = BYTES("\x30\x26\x02\x21" P256_ORDER "\x02\x01\x01")}},
    {"a signature of no bytes", MALFORMED, BAD_LEAF, .make = {.signature = BYTES("")}},
    {"a signature altered", SIGNATURE, BAD_LEAF, .make = {.broken_signature = true}},
    {"the CA's signature altered", SIGNATURE, BAD_CA, .make = {.broken_signature = true}},
    {"RSA of 1024 bits", ALGORITHM, BAD_CA, .make = {.key = X509_RSA_1024}},
    {"a curve that is not spoken", ALGORITHM, BAD_CA, .make = {.key = X509_P521}},

    // 24: who may issue
    {"basicConstraints cut", MALFORMED, BAD_CA, .make = {.no_basic_constraints = true, EXTENSION("2.5.29.19", "\x30\x03\x01\x01")}},
    {"cA as INTEGER", NOT_CA, BAD_CA, .make = {.no_basic_constraints = true, EXTENSION("2.5.29.19", "\x30\x03\x02\x01\x01")}},
    {"cA that is true, but not as DER has it", MALFORMED, BAD_CA, .make = {.no_basic_constraints = true, EXTENSION("2.5.29.19", "\x30\x03\x01\x01\x01")}},
    {"pathLenConstraint below zero", MALFORMED, BAD_CA, .make = {.no_basic_constraints = true, EXTENSION("2.5.29.19", "\x30\x06\x01\x01\xff\x02\x01\xff")}},
    {"an issuer without basicConstraints", NOT_CA, BAD_CA, .make = {.no_basic_constraints = true}},
    {"an issuer that is no CA", NOT_CA, BAD_CA, .make = {.key_usage = X509_DIGITAL_SIGNATURE}, .is_no_ca = true},
    {"a CA without keyCertSign", SKR_ERR_CERT_KEY_USAGE, SKR_ALERT_UNSUPPORTED_CERTIFICATE, BAD_CA, .make = {.key_usage = X509_CRL_SIGN}},
    {"pathLenConstraint", SKR_ERR_CERT_PATH_LENGTH, SKR_ALERT_BAD_CERTIFICATE, BAD_ROOT, .make = {.path_length = 1}},
    {"a CA of version 1", MALFORMED, BAD_CA, .make = {.version = 1, .no_extensions = true}},
    {"extensions in version 1", MALFORMED, BAD_CA, .make = {.version = 1}},
    {"a root that is no CA", NOT_CA, BAD_ROOT, .make = {.key_usage = X509_DIGITAL_SIGNATURE}, .is_no_ca = true},

    // 25: where the chain ends
    {"the peer's own root", UNKNOWN_CA, BAD_LEAF, .change = peers_root},
    {"its own issuer", UNKNOWN_CA, BAD_LEAF, .make = {.subject = "Test CA"}, .change = own_issuer},
    {"another root of the same name", UNKNOWN_CA, BAD_LEAF, .change = other_root},
    {"the root's key under another name", UNKNOWN_CA, BAD_LEAF, .change = other_name},
    {"the CA is missing", UNKNOWN_CA, BAD_LEAF, .change = no_issuer},
    {"the leaf twice", UNKNOWN_CA, BAD_LEAF, .change = leaf_twice},
    {"CAs in a circle", UNKNOWN_CA, BAD_LEAF, .change = circle},
    {"more CAs than a path may have", SKR_ERR_CERT_TOO_COMPLEX, SKR_ALERT_BAD_CERTIFICATE, BAD_LEAF, .change = too_deep},
    {"expired", SKR_ERR_CERT_EXPIRED, SKR_ALERT_CERTIFICATE_EXPIRED, BAD_LEAF, .make = {.not_after = "251231235959Z"}},
    {"the CA has expired", SKR_ERR_CERT_EXPIRED, SKR_ALERT_CERTIFICATE_EXPIRED, BAD_CA, .make = {.not_after = "251231235959Z"}},
    {"the root has expired", SKR_ERR_CERT_EXPIRED, SKR_ALERT_CERTIFICATE_EXPIRED, BAD_ROOT, .make = {.not_after = "251231235959Z"}},
    {"not valid yet", SKR_ERR_CERT_NOT_YET_VALID, SKR_ALERT_CERTIFICATE_EXPIRED, BAD_LEAF, .make = {.not_before = "260101000001Z"}},
    {"for another purpose", SKR_ERR_CERT_PURPOSE, SKR_ALERT_UNSUPPORTED_CERTIFICATE, BAD_LEAF, .make = {.ext_key_usage = "email"}},
    {"a CA for another purpose", SKR_ERR_CERT_PURPOSE, SKR_ALERT_UNSUPPORTED_CERTIFICATE, BAD_CA, .make = {.ext_key_usage = "email"}},

    // 26: names
    {"a zero byte in the name", NAME, BAD_LEAF, .make = {NAMES("\x30\x18\x82\x16server.example\0.evil.x")}, .no_names = true, .for_servers = true},
    {"a zero byte at its end", NAME, BAD_LEAF, .make = {NAMES("\x30\x11\x82\x0fserver.example\0")}, .no_names = true, .for_servers = true},
    {"common name only", NAME, BAD_LEAF, .make = {.subject = "server.example"}, .no_names = true, .for_servers = true},
    {"common name beside a URI", NAME, BAD_LEAF, .make = {.subject = "server.example", .names = {"URI:https://server.example/"}}, .for_servers = true},
    {"common name beside an e-mail address", NAME, BAD_LEAF, .make = {.subject = "server.example", .names = {"email:root@server.example"}}, .for_servers = true},
    {"common name beside an otherName", NAME, BAD_LEAF, .make = {.subject = "server.example", .names = {"other:server.example"}}, .for_servers = true},
    {"another name", NAME, BAD_LEAF, .make = {.names = {"DNS:other.example"}}, .for_servers = true},
    {"a name above", NAME, BAD_LEAF, .make = {.names = {"DNS:example"}}, .for_servers = true},
    {"a name below", NAME, BAD_LEAF, .make = {.names = {"DNS:www.server.example"}}, .for_servers = true},
    {"a wildcard alone", NAME, BAD_LEAF, .make = {.names = {"DNS:*"}}, .for_servers = true},
    {"a wildcard over a single label", NAME, BAD_LEAF, .make = {.names = {"DNS:*.example"}}, .for_servers = true},
    {"a wildcard inside of a label", NAME, BAD_LEAF, .make = {.names = {"DNS:s*r.example", "DNS:*erver.example", "DNS:serve*.example"}}, .for_servers = true},
    {"a wildcard that is not left-most", NAME, BAD_LEAF, .make = {.names = {"DNS:server.*", "DNS:*.*"}}, .for_servers = true},
    {"the name as an address", MALFORMED, BAD_LEAF, .make = {NAMES("\x30\x10\x87\x0eserver.example")}, .no_names = true, .for_servers = true},
    {"a name that is not permitted", CONSTRAINT, BAD_CA, .make = {.permitted = {"DNS:other.example"}}},
    {"a name that is excluded", CONSTRAINT, BAD_CA, .make = {.excluded = {"DNS:example"}}},
    {"an address that is not permitted", CONSTRAINT, BAD_CA, .make = {.permitted = {"DNS:example", "IP:198.51.100.0/24"}}},
    {"an address that is excluded, by the root", CONSTRAINT, BAD_ROOT, .make = {.excluded = {"IP:192.0.2.0/24"}}},
    {"a directory name that is not permitted", CONSTRAINT, BAD_CA, .make = {.permitted = {"DN:other"}}},
    {"a constraint of a kind that cannot be compared", CONSTRAINT, BAD_CA, .make = {.permitted = {"URI:.example"}}, .change = uri_in_leaf},
    {"constraints in a leaf", MALFORMED, BAD_LEAF, .make = {.permitted = {"DNS:example"}}},
    {"empty constraints", MALFORMED, BAD_CA, .make = {EXTENSION("2.5.29.30", "\x30\x00")}},

    // 27: DER
    {"indefinite length", MALFORMED, BAD_LEAF, .make = {.alter = alter_indefinite}},
    {"a length with a leading zero", MALFORMED, BAD_LEAF, .make = {.alter = alter_long_length}},
    {"a length beyond the end", MALFORMED, BAD_LEAF, .make = {.alter = alter_beyond}},
    {"a negative serial number", MALFORMED, BAD_LEAF, .make = {.serial = BYTES("\xff")}},
    {"a serial number of 21 bytes", MALFORMED, BAD_LEAF, .make = {.serial = BYTES("\x01" "12345678901234567890")}},
    {"unused bits that are set", MALFORMED, BAD_LEAF, .make = {.key_usage = X509_NO_KEY_USAGE, EXTENSION("2.5.29.15", "\x03\x02\x07\xff")}},
    {"eight unused bits", MALFORMED, BAD_LEAF, .make = {.key_usage = X509_NO_KEY_USAGE, EXTENSION("2.5.29.15", "\x03\x02\x08\x80")}},
    {"an extension twice", MALFORMED, BAD_LEAF, .make = {EXTENSION("2.5.29.15", "\x03\x02\x07\x80")}},
    {"an unknown critical extension", SKR_ERR_CERT_CRITICAL, SKR_ALERT_UNSUPPORTED_CERTIFICATE, BAD_LEAF, .make = {EXTENSION("1.3.6.1.4.1.55555.7", "\x05\x00")}},
    {"the CA's unknown critical extension", SKR_ERR_CERT_CRITICAL, SKR_ALERT_UNSUPPORTED_CERTIFICATE, BAD_CA, .make = {EXTENSION("1.3.6.1.4.1.55555.7", "\x05\x00")}},
    {"a name longer than its list", MALFORMED, BAD_LEAF, .make = {NAMES("\x30\x04\x82\x7f" "ab")}, .no_names = true},
    {"a name of 2^32 - 1 bytes", MALFORMED, BAD_LEAF, .make = {NAMES("\x30\x08\x82\x84\xff\xff\xff\xff" "ab")}, .no_names = true},
    {"no name in the list", MALFORMED, BAD_LEAF, .make = {NAMES("\x30\x00")}, .no_names = true},
    {"an address of 15 bytes", MALFORMED, BAD_LEAF, .make = {NAMES("\x30\x11\x87\x0f" "123456789012345")}, .no_names = true},
    {"an address of no bytes", MALFORMED, BAD_LEAF, .make = {NAMES("\x30\x02\x87\x00")}, .no_names = true},
    {"a point of no bytes", MALFORMED, BAD_LEAF, .make = {.public_key = BYTES(NO_POINT)}},
    {"a CA's point of no bytes", MALFORMED, BAD_CA, .make = {.public_key = BYTES(NO_POINT)}},
    {"a CA's point that is not on the curve", SIGNATURE, BAD_CA, .make = {.public_key = BYTES(OFF_CURVE)}},
    {"a compressed point", MALFORMED, BAD_LEAF, .make = {.public_key = BYTES(COMPRESSED)}},
};
// clang-format on
const size_t bad_certificate_count = sizeof(bad_certificates) / sizeof(bad_certificates[0]);

static void set_defaults(
    x509_make_t *make, const x509_make_t *usual, const bad_certificate_t *bad) {
    bool had_names = make->names[0] != NULL;
    make->subject = make->subject != NULL ? make->subject : usual->subject;
    make->key_number = make->key_number != 0 ? make->key_number : usual->key_number;
    make->key_number = make->key == X509_RSA_1024 ? 0 : make->key_number;
    make->ext_key_usage = make->ext_key_usage != NULL ? make->ext_key_usage : usual->ext_key_usage;
    make->ca = usual->ca && !bad->is_no_ca;
    for (size_t i = 0; i < 3 && !had_names && !bad->no_names; i++) {
        make->names[i] = usual->names[i];
    }
}

void bad_certificate_make(x509_try_t *t, size_t n, bool for_client) {
    const bad_certificate_t *bad = &bad_certificates[n];
    x509_try_begin(t);
    t->leaf.subject = "leaf";
    t->leaf.names[1] = "IP:192.0.2.1";
    t->leaf.ext_key_usage = for_client ? "client" : "server";
    if (bad->make.forge != NULL) {
        t->ca.key = X509_RSA;
        t->leaf.scheme = SKR_SIG_RSA_PKCS1_SHA256;
    }
    x509_make_t *make = bad->who == BAD_LEAF ? &t->leaf : bad->who == BAD_CA ? &t->ca : &t->root;
    x509_make_t usual = *make;
    *make = bad->make;
    make->scheme = make->scheme != 0 ? make->scheme : usual.scheme;
    set_defaults(make, &usual, bad);
    x509_try_make(t);
    if (bad->change != NULL) {
        bad->change(t);
    }
}

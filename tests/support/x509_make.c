// Certificates made at test time.
//
// In: x509_make_t, what a certificate shall say and what shall be wrong with it. Out: its DER, its
// name. RFC 5280 section 4.1 in writing. Nothing is checked: a wrong certificate is as welcome as a
// right one. Keys and signatures are in x509_make_keys.c.
#include "support/x509_make.h"

#include <arpa/inet.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool text_takes(const char **text, const char *prefix) {
    size_t size = strlen(prefix);
    if (strncmp(*text, prefix, size) != 0) {
        return false;
    }
    *text += size;
    return true;
}

static void write_common_name(x509_der_t *out, const char *text) {
    size_t name = x509_der_open(out, 0x30);
    if (text[0] != '\0') {
        size_t rdn = x509_der_open(out, 0x31);
        size_t attribute = x509_der_open(out, 0x30);
        x509_der_oid(out, "2.5.4.3");
        x509_der_text(out, 0x0c, text);
        x509_der_close(out, attribute);
        x509_der_close(out, rdn);
    }
    x509_der_close(out, name);
}

// "192.0.2.1", "2001:db8::1", or with "/24" as a range.
static void write_ip(x509_der_t *out, const char *text) {
    char address[64];
    uint8_t bytes[32] = {0};
    const char *slash = strchr(text, '/');
    size_t size = slash != NULL ? (size_t)(slash - text) : strlen(text);
    snprintf(address, sizeof(address), "%.*s", (int)size, text);
    size_t half = inet_pton(AF_INET, address, bytes) == 1 ? 4 : 16;
    if (half == 16 && inet_pton(AF_INET6, address, bytes) != 1) {
        fprintf(stderr, "x509_make: %s is no address\n", text);
        abort();
    }
    if (slash != NULL) {
        int bits = atoi(slash + 1);
        for (int i = 0; i < bits; i++) {
            bytes[half + (size_t)i / 8] |= (uint8_t)(0x80 >> i % 8);
        }
    }
    x509_der_put(out, 0x87, bytes, slash != NULL ? 2 * half : half);
}

static void write_general_name(x509_der_t *out, const char *text) {
    if (text_takes(&text, "DNS:")) {
        x509_der_text(out, 0x82, text);
    } else if (text_takes(&text, "email:")) {
        x509_der_text(out, 0x81, text);
    } else if (text_takes(&text, "URI:")) {
        x509_der_text(out, 0x86, text);
    } else if (text_takes(&text, "IP:")) {
        write_ip(out, text);
    } else if (text_takes(&text, "DN:")) {
        size_t name = x509_der_open(out, 0xa4);
        write_common_name(out, text);
        x509_der_close(out, name);
    } else if (text_takes(&text, "other:")) {
        size_t name = x509_der_open(out, 0xa0);
        x509_der_oid(out, "1.3.6.1.4.1.55555.1");
        size_t value = x509_der_open(out, 0xa0);
        x509_der_text(out, 0x0c, text);
        x509_der_close(out, value);
        x509_der_close(out, name);
    } else {
        fprintf(stderr, "x509_make: name %s?\n", text);
        abort();
    }
}

typedef struct {
    size_t extension, value;
} open_extension_t;

static open_extension_t open_extension(x509_der_t *out, const char *oid, bool critical) {
    open_extension_t opened;
    opened.extension = x509_der_open(out, 0x30);
    x509_der_oid(out, oid);
    if (critical) {
        x509_der_put(out, 0x01, "\xff", 1);
    }
    opened.value = x509_der_open(out, 0x04);
    return opened;
}

static void close_extension(x509_der_t *out, open_extension_t opened) {
    x509_der_close(out, opened.value);
    x509_der_close(out, opened.extension);
}

static void write_basic_constraints(x509_der_t *out, const x509_make_t *how) {
    if (how->no_basic_constraints || (!how->ca && how->path_length == 0)) {
        return;
    }
    open_extension_t opened = open_extension(out, "2.5.29.19", true);
    size_t sequence = x509_der_open(out, 0x30);
    if (how->ca) {
        x509_der_put(out, 0x01, "\xff", 1);
    }
    if (how->path_length > 0) {
        x509_der_number(out, 0x02, how->path_length - 1);
    }
    x509_der_close(out, sequence);
    close_extension(out, opened);
}

static void write_key_usage(x509_der_t *out, const x509_make_t *how) {
    unsigned usage = how->key_usage;
    if (usage == 0) {
        usage = how->ca ? X509_KEY_CERT_SIGN | X509_CRL_SIGN : X509_DIGITAL_SIGNATURE;
    }
    if (usage == X509_NO_KEY_USAGE) {
        return;
    }
    uint8_t bits[2] = {0, (uint8_t)usage};
    while (bits[0] < 7 && (usage >> bits[0] & 1) == 0) {
        bits[0]++;
    }
    open_extension_t opened = open_extension(out, "2.5.29.15", true);
    x509_der_put(out, 0x03, bits, sizeof(bits));
    close_extension(out, opened);
}

static void write_ext_key_usage(x509_der_t *out, const char *text) {
    static const char *const purposes[][2] = {
        {"server", "1.3.6.1.5.5.7.3.1"},
        {"client", "1.3.6.1.5.5.7.3.2"},
        {"email", "1.3.6.1.5.5.7.3.4"},
        {"time", "1.3.6.1.5.5.7.3.8"},
        {"any", "2.5.29.37.0"},
    };
    if (text == NULL) {
        return;
    }
    open_extension_t opened = open_extension(out, "2.5.29.37", false);
    size_t sequence = x509_der_open(out, 0x30);
    while (*text != '\0') {
        size_t i = 0;
        while (i < 5 && !text_takes(&text, purposes[i][0])) {
            i++;
        }
        if (i == 5) {
            fprintf(stderr, "x509_make: purpose %s?\n", text);
            abort();
        }
        x509_der_oid(out, purposes[i][1]);
        text_takes(&text, ",");
    }
    x509_der_close(out, sequence);
    close_extension(out, opened);
}

static void write_names(x509_der_t *out, const x509_make_t *how) {
    if (how->names[0] == NULL) {
        return;
    }
    open_extension_t opened = open_extension(out, "2.5.29.17", how->names_critical);
    size_t sequence = x509_der_open(out, 0x30);
    for (size_t i = 0; i < X509_MAKE_NAMES && how->names[i] != NULL; i++) {
        write_general_name(out, how->names[i]);
    }
    x509_der_close(out, sequence);
    close_extension(out, opened);
}

static void write_subtrees(x509_der_t *out, uint8_t tag, const char *const *names) {
    if (names[0] == NULL) {
        return;
    }
    size_t list = x509_der_open(out, tag);
    for (size_t i = 0; i < X509_MAKE_NAMES && names[i] != NULL; i++) {
        size_t subtree = x509_der_open(out, 0x30);
        write_general_name(out, names[i]);
        x509_der_close(out, subtree);
    }
    x509_der_close(out, list);
}

static void write_name_constraints(x509_der_t *out, const x509_make_t *how) {
    if (how->permitted[0] == NULL && how->excluded[0] == NULL) {
        return;
    }
    open_extension_t opened = open_extension(out, "2.5.29.30", true);
    size_t sequence = x509_der_open(out, 0x30);
    write_subtrees(out, 0xa0, how->permitted);
    write_subtrees(out, 0xa1, how->excluded);
    x509_der_close(out, sequence);
    close_extension(out, opened);
}

static void write_key_id(
    x509_der_t *out, x509_make_key_t key, unsigned number, bool authority, bool wrong) {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    skr_view_t public_key = x509_make_public_der(key, number);
    SHA256(public_key.data, public_key.size, digest);
    digest[0] ^= (uint8_t)wrong;
    open_extension_t opened = open_extension(out, authority ? "2.5.29.35" : "2.5.29.14", false);
    if (authority) {
        size_t sequence = x509_der_open(out, 0x30);
        x509_der_put(out, 0x80, digest, 20);
        x509_der_close(out, sequence);
    } else {
        x509_der_put(out, 0x04, digest, 20);
    }
    close_extension(out, opened);
}

static void write_extensions(x509_der_t *out, const x509_make_t *how, const x509_made_t *issuer) {
    if (how->no_extensions) {
        return;
    }
    size_t outer = x509_der_open(out, 0xa3);
    size_t list = x509_der_open(out, 0x30);
    write_basic_constraints(out, how);
    write_key_usage(out, how);
    write_ext_key_usage(out, how->ext_key_usage);
    write_names(out, how);
    write_name_constraints(out, how);
    if (!how->no_key_ids) {
        write_key_id(out, how->key, how->key_number, false, false);
        write_key_id(out, issuer->key, issuer->key_number, true, how->wrong_authority_key_id);
    }
    for (size_t i = 0; i < X509_MAKE_EXTENSIONS && how->extensions[i].oid != NULL; i++) {
        open_extension_t opened = open_extension(
            out, how->extensions[i].oid, how->extensions[i].critical);
        x509_der_view(out, how->extensions[i].value);
        close_extension(out, opened);
    }
    x509_der_close(out, list);
    x509_der_close(out, outer);
}

static void write_time(x509_der_t *out, const char *text, const char *usual) {
    text = text != NULL ? text : usual;
    x509_der_text(out, strlen(text) == 13 ? 0x17 : 0x18, text);
}

static void write_algorithm(x509_der_t *out, const x509_make_t *how, unsigned scheme) {
    if (how->algorithm.data != NULL) {
        x509_der_view(out, how->algorithm);
    } else {
        x509_make_algorithm(out, scheme);
    }
}

static void write_serial(x509_der_t *out, const x509_make_t *how) {
    if (how->serial.data != NULL) {
        x509_der_put(out, 0x02, how->serial.data, how->serial.size);
    } else {
        x509_der_number(out, 0x02, 0x1000 + how->key_number);
    }
}

static void write_tbs(
    x509_der_t *out, const x509_make_t *how, const x509_made_t *made, unsigned scheme) {
    const x509_made_t *issuer = how->issuer != NULL ? how->issuer : made;
    size_t sequence = x509_der_open(out, 0x30);
    if (how->version != 1) {
        size_t version = x509_der_open(out, 0xa0);
        x509_der_number(out, 0x02, how->version == 0 ? 2 : how->version - 1);
        x509_der_close(out, version);
    }
    write_serial(out, how);
    if (how->other_inner_algorithm) {
        x509_make_algorithm(
            out, scheme == SKR_SIG_ED25519 ? SKR_SIG_RSA_PKCS1_SHA256 : SKR_SIG_ED25519);
    } else {
        write_algorithm(out, how, scheme);
    }
    if (how->issuer_name != NULL) {
        write_common_name(out, how->issuer_name);
    } else {
        x509_der_bytes(out, issuer->name, issuer->name_size);
    }
    size_t validity = x509_der_open(out, 0x30);
    write_time(out, how->not_before, "200101000000Z");
    write_time(out, how->not_after, "400101000000Z");
    x509_der_close(out, validity);
    x509_der_bytes(out, made->name, made->name_size);
    x509_der_view(out,
        how->public_key.data != NULL ? how->public_key
                                     : x509_make_public_der(how->key, how->key_number));
    write_extensions(out, how, issuer);
    x509_der_close(out, sequence);
}

// The content of the BIT STRING.
static size_t sign(const x509_make_t *how, const x509_made_t *issuer, unsigned scheme,
    skr_view_t tbs, uint8_t *out, size_t capacity) {
    size_t size = 1;
    out[0] = 0; // unused bits
    if (how->signature.data != NULL) {
        memcpy(out + 1, how->signature.data, how->signature.size);
        size += how->signature.size;
    } else if (how->forge != NULL) {
        uint8_t digest[SHA256_DIGEST_LENGTH];
        SHA256(tbs.data, tbs.size, digest);
        size += x509_make_forge(issuer->key_number, digest, how->forge, out + 1, capacity - 1);
    } else {
        size += x509_make_sign(issuer->key, issuer->key_number, scheme, tbs, out + 1, capacity - 1);
    }
    out[size - 1] ^= (uint8_t)how->broken_signature;
    return size;
}

void x509_make(x509_made_t *made, const x509_make_t *how) {
    static uint8_t tbs_bytes[X509_MAKE_SIZE];
    uint8_t signature[1024];
    const x509_made_t *issuer = how->issuer != NULL ? how->issuer : made;
    made->key = how->key;
    made->key_number = how->key_number;
    x509_der_t name = x509_der_of(made->name, sizeof(made->name));
    if (how->subject_der.data != NULL) {
        x509_der_view(&name, how->subject_der);
    } else {
        write_common_name(&name, how->subject != NULL ? how->subject : "test");
    }
    made->name_size = name.size;
    unsigned scheme = how->scheme != 0 ? how->scheme : x509_make_usual_scheme(issuer->key);

    x509_der_t tbs = x509_der_of(tbs_bytes, sizeof(tbs_bytes));
    write_tbs(&tbs, how, made, scheme);
    if (how->alter != NULL) {
        how->alter(tbs.data, &tbs.size);
    }
    size_t size = sign(how, issuer, scheme, x509_der_done(&tbs), signature, sizeof(signature));

    x509_der_t out = x509_der_of(made->der, sizeof(made->der));
    size_t sequence = x509_der_open(&out, 0x30);
    x509_der_view(&out, x509_der_done(&tbs));
    write_algorithm(&out, how, scheme);
    x509_der_put(&out, 0x03, signature, size);
    x509_der_close(&out, sequence);
    made->size = out.size;
}

skr_view_t x509_made_view(const x509_made_t *made) {
    skr_view_t view = {made->der, made->size};
    return view;
}

void x509_made_key(
    const x509_made_t *made, const skr_provider_t *provider, skr_private_key_t *key) {
    skr_view_t der = x509_make_private_der(made->key, made->key_number);
    if (skr_private_key_load(key, der, provider) != SKR_OK) {
        fprintf(stderr, "x509_make: %s cannot load the key\n", provider->name);
        abort();
    }
}

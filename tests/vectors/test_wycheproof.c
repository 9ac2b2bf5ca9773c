// Project Wycheproof's vectors on every crypto provider.
//
// In: ../shared/vectors/wycheproof-v1.tar.xz, when it is there (SKERRY_SHARED names another folder
// than ../shared), by way of wycheproof.py. Out: per file and provider, how many vectors there were
// of each kind and what became of them; exit code 0 when every valid one was accepted with the
// right bytes and every invalid one refused, 77 when there is no archive. "Acceptable" ones may go
// either way, but what is accepted must be right, and an all-zero X25519 secret never is (RFC 9846
// section 7.4.2). What the contract has no words for is counted with the reason.
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "skerry/crypto.h"

enum { FIELDS_MAX = 12, REASONS_MAX = 8, PROVIDERS = 2, FILES_WANTED = 25, SKIPPED = 77 };

typedef enum { VALID, INVALID, ACCEPTABLE, RESULTS } result_t;

typedef struct {
    uint8_t *data;
    size_t size;
} bytes_t;

typedef struct {
    unsigned run[RESULTS], accepted[RESULTS], wrong;
    const char *reason[REASONS_MAX];
    unsigned skipped[REASONS_MAX];
} tally_t;

static const skr_provider_t *const providers[PROVIDERS] = {
    &skr_provider_openssl, &skr_provider_bearssl};

static struct {
    const skr_provider_t *provider;
    tally_t *tally;
    char file[100];
    const char *id;
    result_t result;
    unsigned wrong; // in all files
} now;

static void *allocate(size_t size) {
    void *memory = aligned_alloc(16, (size + 31) / 16 * 16);
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

// Room for the hexadecimal's bytes and a tag; "-" is nothing.
static bytes_t bytes_of(const char *hex) {
    bytes_t out = {allocate(strlen(hex) / 2 + SKR_AEAD_TAG_MAX), 0};
    unsigned byte = 0;
    while (strcmp(hex, "-") != 0 && hex[2 * out.size] != 0) {
        if (sscanf(hex + 2 * out.size, "%2x", &byte) != 1) {
            fprintf(stderr, "no hexadecimal: %s\n", hex);
            exit(2);
        }
        out.data[out.size++] = (uint8_t)byte;
    }
    return out;
}

static bool same(const uint8_t *data, size_t size, bytes_t wanted) {
    return size == wanted.size && (size == 0 || memcmp(data, wanted.data, size) == 0);
}

static void skip_vector(const char *reason) {
    int i = 0;
    while (i < REASONS_MAX - 1 && now.tally->reason[i] != NULL &&
        strcmp(now.tally->reason[i], reason) != 0) {
        i++;
    }
    now.tally->reason[i] = reason;
    now.tally->skipped[i]++;
}

static void wrong(const char *what) {
    printf("WRONG: %s %s %s: %s\n", now.provider->name, now.file, now.id, what);
    now.tally->wrong++;
    now.wrong++;
}

// What the provider said, and whether the bytes that it gave are the right ones.
static void judge(skr_crypto_t said, bool right) {
    now.tally->run[now.result]++;
    if (said == SKR_CRYPTO_OK) {
        now.tally->accepted[now.result]++;
        if (now.result == INVALID) {
            wrong("an invalid one was accepted");
        } else if (!right) {
            wrong("accepted with wrong bytes");
        }
    } else if (said != SKR_CRYPTO_REFUSED) {
        wrong("FAILED or RETRY");
    } else if (now.result == VALID) {
        wrong("a valid one was refused");
    }
}

// By its name and its sizes in bits. NULL: the provider has none of them.
static const skr_aead_t *find_aead(const char *algorithm, size_t key_bits, unsigned tag_bits) {
    static const struct {
        const char *algorithm;
        size_t key_bits;
        unsigned tag_bits, id;
    } rows[] = {
        {"aes-gcm", 128, 128, SKR_AEAD_AES_128_GCM},
        {"aes-gcm", 256, 128, SKR_AEAD_AES_256_GCM},
        {"chacha20-poly1305", 256, 128, SKR_AEAD_CHACHA20_POLY1305},
        {"aes-ccm", 128, 128, SKR_AEAD_AES_128_CCM},
        {"aes-ccm", 256, 128, SKR_AEAD_AES_256_CCM},
        {"aes-ccm", 128, 64, SKR_AEAD_AES_128_CCM_8},
        {"aes-ccm", 256, 64, SKR_AEAD_AES_256_CCM_8},
    };
    unsigned id = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].algorithm, algorithm) == 0 && rows[i].key_bits == key_bits &&
            rows[i].tag_bits == tag_bits) {
            id = rows[i].id;
        }
    }
    for (int i = 0; now.provider->aeads[i] != NULL; i++) {
        if (now.provider->aeads[i]->id == id) {
            return now.provider->aeads[i];
        }
    }
    return NULL;
}

// The same in pieces must come to the same.
static skr_crypto_t open_pieces(const skr_aead_t *aead, void *state, bytes_t nonce, bytes_t aad,
    bytes_t data, const uint8_t *tag) {
    enum { PIECE = 13 };
    _Alignas(16) uint8_t run[SKR_AEAD_RUN_MAX];
    if (!aead->open_start(state, run, nonce.data, aad.data, aad.size, data.size)) {
        return SKR_CRYPTO_FAILED;
    }
    for (size_t at = 0; at < data.size; at += PIECE) {
        size_t size = data.size - at < PIECE ? data.size - at : PIECE;
        if (!aead->open_piece(state, run, data.data + at, size)) {
            return SKR_CRYPTO_FAILED;
        }
    }
    return aead->open_end(state, run, tag);
}

// ALGORITHM TAG_BITS KEY NONCE AAD PLAINTEXT CIPHERTEXT TAG
static void run_aead(char **field) {
    bytes_t key = bytes_of(field[2]), nonce = bytes_of(field[3]), aad = bytes_of(field[4]);
    bytes_t plain = bytes_of(field[5]), cipher = bytes_of(field[6]), tag = bytes_of(field[7]);
    const skr_aead_t *aead = find_aead(field[0], 8 * key.size, (unsigned)atoi(field[1]));
    uint8_t own_tag[SKR_AEAD_TAG_MAX];
    if (aead == NULL) {
        skip_vector("no such key or tag in TLS");
    } else if (nonce.size != SKR_AEAD_NONCE_SIZE) {
        skip_vector("nonce is not of 12 bytes");
    } else if (tag.size != aead->tag_size) {
        skip_vector("tag is cut");
    } else {
        void *state = allocate(aead->state_size);
        if (!aead->init(state, key.data)) {
            wrong("init failed");
        }
        if (now.result == VALID) {
            bytes_t copy = bytes_of(field[5]);
            if (!aead->seal(state, nonce.data, aad.data, aad.size, copy.data, copy.size, own_tag) ||
                !same(copy.data, copy.size, cipher) || !same(own_tag, aead->tag_size, tag)) {
                wrong("sealed with wrong bytes");
            }
            free(copy.data);
        }
        bytes_t copy = bytes_of(field[6]);
        skr_crypto_t said = aead->open(
            state, nonce.data, aad.data, aad.size, copy.data, copy.size, tag.data);
        judge(said, same(copy.data, copy.size, plain));
        free(copy.data);
        if (aead->open_start != NULL) {
            bytes_t pieces = bytes_of(field[6]);
            if (open_pieces(aead, state, nonce, aad, pieces, tag.data) != said ||
                (said == SKR_CRYPTO_OK && !same(pieces.data, pieces.size, plain))) {
                wrong("opened in pieces it comes to something else");
            }
            free(pieces.data);
        }
        aead->clear(state);
        free(state);
    }
    const bytes_t all[] = {key, nonce, aad, plain, cipher, tag};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        free(all[i].data);
    }
}

// NAMED_GROUP PRIVATE_KEY PEER SHARED
static void run_group(char **field) {
    bytes_t key = bytes_of(field[1]), peer = bytes_of(field[2]), shared = bytes_of(field[3]);
    unsigned id = (unsigned)atoi(field[0]);
    const skr_group_t *group = NULL;
    for (int i = 0; now.provider->groups[i] != NULL; i++) {
        group = now.provider->groups[i]->id == id ? now.provider->groups[i] : group;
    }
    if (group == NULL || key.size != group->private_size) {
        skip_vector("no such group, or a private key of another size");
    } else {
        uint8_t out[SKR_GROUP_SHARED_MAX], answered[SKR_GROUP_SHARED_MAX];
        uint8_t share[SKR_GROUP_PUBLIC_MAX];
        bool zero = true;
        skr_crypto_t said = group->finish(key.data, peer.data, peer.size, out);
        judge(said, same(out, group->shared_size, shared));
        // The other side's way through the same checks; all of the odd ones, some of the many that
        // are simply right.
        bool also = now.result != VALID || atoi(now.id) % 16 == 0;
        if (!also) {
            memcpy(answered, out, sizeof(answered));
        } else if (said != group->respond(key.data, peer.data, peer.size, share, answered) ||
            (said == SKR_CRYPTO_OK && memcmp(out, answered, group->shared_size) != 0)) {
            wrong("respond() and finish() differ");
        }
        for (size_t i = 0; i < shared.size; i++) {
            zero = zero && shared.data[i] == 0;
        }
        if (zero && id == SKR_GROUP_X25519 && said == SKR_CRYPTO_OK) {
            wrong("an all-zero secret");
        }
    }
    free(key.data);
    free(peer.data);
    free(shared.data);
}

static const skr_signature_t *find_signature(unsigned scheme) {
    for (int i = 0; now.provider->signatures[i] != NULL; i++) {
        if (now.provider->signatures[i]->scheme == scheme) {
            return now.provider->signatures[i];
        }
    }
    return NULL;
}

static skr_crypto_t verify(
    const skr_signature_t *signature, const skr_public_key_t *key, bytes_t message, bytes_t bytes) {
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    uint8_t digest[SKR_HASH_SIZE_MAX];
    for (int i = 0; now.provider->hashes[i] != NULL; i++) {
        const skr_hash_t *hash = now.provider->hashes[i];
        if (hash->id == signature->hash) {
            if (!hash->init(state) || !hash->update(state, message.data, message.size) ||
                !hash->result(state, digest)) {
                return SKR_CRYPTO_FAILED;
            }
            return signature->verify(key, digest, hash->size, bytes.data, bytes.size);
        }
    }
    return signature->verify(key, message.data, message.size, bytes.data, bytes.size);
}

// SCHEME KEY_TYPE KEY_A KEY_B MESSAGE SIGNATURE
static void run_sign(char **field) {
    static const char *const types[] = {"NONE", "RSA", "RSA_PSS", "P256", "P384", "ED25519"};
    bytes_t a = bytes_of(field[2]), b = bytes_of(field[3]);
    bytes_t message = bytes_of(field[4]), bytes = bytes_of(field[5]);
    unsigned scheme = (unsigned)strtoul(field[0], NULL, 16);
    const skr_signature_t *signature = find_signature(scheme);
    skr_public_key_t key = {SKR_KEY_NONE, {a.data, a.size}, {b.data, b.size}};
    while (strcmp(types[key.type], field[1]) != 0) {
        key.type++;
    }
    if (signature == NULL) {
        skip_vector("the library has no such scheme");
    } else if (key.type == SKR_KEY_RSA &&
        (8 * a.size < SKR_RSA_BITS_MIN || 8 * a.size > SKR_RSA_BITS_MAX)) {
        skip_vector("a modulus of a size that is not accepted");
    } else {
        skr_crypto_t said = verify(signature, &key, message, bytes);
        judge(said, true);
        // The same under a key that is for PSS only: rsa_pss_pss_* stand five code points behind
        // rsa_pss_rsae_*.
        if (scheme >= SKR_SIG_RSA_PSS_RSAE_SHA256 && scheme <= SKR_SIG_RSA_PSS_RSAE_SHA512) {
            key.type = SKR_KEY_RSA_PSS;
            signature = find_signature(scheme + 5);
            if (signature == NULL || verify(signature, &key, message, bytes) != said) {
                wrong("rsa_pss_pss says something else than rsa_pss_rsae");
            }
        }
    }
    free(a.data);
    free(b.data);
    free(message.data);
    free(bytes.data);
}

static void print_tally(const skr_provider_t *provider, const tally_t *tally) {
    printf("  %-30s valid %u of %u, invalid %u of %u, acceptable %u of %u accepted", provider->name,
        tally->accepted[VALID], tally->run[VALID], tally->accepted[INVALID], tally->run[INVALID],
        tally->accepted[ACCEPTABLE], tally->run[ACCEPTABLE]);
    for (int i = 0; i < REASONS_MAX && tally->reason[i] != NULL; i++) {
        printf("; %u skipped: %s", tally->skipped[i], tally->reason[i]);
    }
    printf("%s\n", tally->wrong > 0 ? "; WRONG" : "");
}

static unsigned total_of(const tally_t *tally) {
    unsigned total = tally->run[VALID] + tally->run[INVALID] + tally->run[ACCEPTABLE];
    for (int i = 0; i < REASONS_MAX; i++) {
        total += tally->skipped[i];
    }
    return total;
}

static void run_vector(char **field, int fields, tally_t *tallies) {
    static const char *const results[] = {"valid", "invalid", "acceptable"};
    now.id = field[1];
    for (int p = 0; p < PROVIDERS; p++) {
        now.provider = providers[p];
        now.tally = &tallies[p];
        if (strcmp(field[0], "other") == 0) {
            skip_vector("parameters that TLS has no scheme for");
            continue;
        }
        now.result = VALID;
        while (now.result < ACCEPTABLE && strcmp(results[now.result], field[2]) != 0) {
            now.result++;
        }
        if (strcmp(field[0], "aead") == 0 && fields == 11) {
            run_aead(field + 3);
        } else if (strcmp(field[0], "group") == 0 && fields == 7) {
            run_group(field + 3);
        } else if (strcmp(field[0], "sign") == 0 && fields == 9) {
            run_sign(field + 3);
        } else {
            wrong("a line that cannot be read");
        }
    }
}

// Reads all lines; the number of files when every one was there to its end, else -1.
static int run_all(FILE *lines) {
    tally_t tallies[PROVIDERS] = {0};
    char *line = NULL, *field[FIELDS_MAX];
    size_t room = 0;
    int files = 0, done = -1;
    while (getline(&line, &room, lines) > 0) {
        int fields = 0;
        char *rest = NULL;
        for (char *f = strtok_r(line, " \n", &rest); f != NULL && fields < FIELDS_MAX;
             f = strtok_r(NULL, " \n", &rest)) {
            field[fields++] = f;
        }
        if (fields == 2 && strcmp(field[0], "file") == 0) {
            memset(tallies, 0, sizeof(tallies));
            snprintf(now.file, sizeof(now.file), "%s", field[1]);
            puts(now.file);
        } else if (fields == 2 && strcmp(field[0], "end") == 0) {
            files++;
            for (int p = 0; p < PROVIDERS; p++) {
                print_tally(providers[p], &tallies[p]);
                if (total_of(&tallies[p]) != (unsigned)atoi(field[1])) {
                    wrong("vectors are missing");
                }
            }
        } else if (fields == 2 && strcmp(field[0], "done") == 0) {
            done = atoi(field[1]);
        } else if (fields > 2) {
            run_vector(field, fields, tallies);
        }
    }
    free(line);
    return done == files ? files : -1;
}

int main(void) {
    const char *shared = getenv("SKERRY_SHARED");
    char archive[1000], command[2200];
    snprintf(archive, sizeof(archive), "%s/vectors/wycheproof-v1.tar.xz",
        shared == NULL ? SKERRY_SHARED_DIR : shared);
    if (access(archive, R_OK) != 0) {
        printf("skipped: no %s (C2SP/wycheproof's files, which are not in this tree)\n", archive);
        return SKIPPED;
    }
    snprintf(command, sizeof(command), "python3 '%s/vectors/wycheproof.py' '%s'", SKERRY_TESTS_DIR,
        archive);
    FILE *lines = popen(command, "r"); // NOLINT: the command is made of two fixed paths
    if (lines == NULL) {
        perror("python3");
        return 2;
    }
    int files = run_all(lines);
    if (pclose(lines) != 0 || files < FILES_WANTED) {
        printf("only %d files of at least %d could be read\n", files, FILES_WANTED);
        return 2;
    }
    printf("%d files, %u wrong\n", files, now.wrong);
    return now.wrong == 0 ? 0 : 1;
}

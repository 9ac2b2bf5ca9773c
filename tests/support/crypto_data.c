// Data for the tests of crypto providers: how it comes from the tables to where a test wants it.
//
// In: hexadecimal. Out: bytes, private keys with their views, public keys. The keys of curves are
// the published ones of RFC 6979 sections A.2.5 and A.2.6 and of RFC 8032 section 7.1; "other" keys
// are those of RFC 5903 sections 8.1 and 8.2. Errors in the tables end the program, with a word to
// where.
#include "support/crypto_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned digit(char c) {
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a' + 10);
    }
    fprintf(stderr, "crypto_hex: '%c' is no hexadecimal digit\n", c);
    abort();
}

crypto_bytes_t crypto_hex(const char *hex) {
    crypto_bytes_t bytes = {.size = 0};
    size_t size = hex == NULL ? 0 : strlen(hex);
    if (size % 2 != 0 || size / 2 > sizeof(bytes.data)) {
        fprintf(stderr, "crypto_hex: %zu digits\n", size);
        abort();
    }
    for (size_t i = 0; i < size; i += 2) {
        bytes.data[bytes.size++] = (uint8_t)(digit(hex[i]) << 4 | digit(hex[i + 1]));
    }
    return bytes;
}

void crypto_key_rsa(crypto_key_t *key, skr_key_type_t type, const crypto_rsa_key_t *parts) {
    memset(key, 0, sizeof(*key));
    key->key.type = (uint8_t)type;
    for (int i = 0; i < SKR_KEY_PARTS; i++) {
        if (parts->part[i] != NULL) {
            key->bytes[i] = crypto_hex(parts->part[i]);
            key->key.part[i] = (skr_view_t){key->bytes[i].data, key->bytes[i].size};
        }
    }
    key->key.bits = (uint16_t)(8 *
        key->bytes[SKR_RSA_N].size); // none of the keys here but one has fewer
    if (key->bytes[SKR_RSA_N].data[0] == 1) {
        key->key.bits = (uint16_t)(key->key.bits - 7);
    }
    key->public_key.type = (uint8_t)type;
    key->public_key.a = key->key.part[SKR_RSA_N];
    key->public_key.b = key->key.part[SKR_RSA_E];
}

void crypto_key_ec(crypto_key_t *key, skr_key_type_t type, const char *secret, const char *point) {
    memset(key, 0, sizeof(*key));
    key->bytes[0] = crypto_hex(secret);
    key->point = crypto_hex(point);
    key->key.type = (uint8_t)type;
    key->key.bits = type == SKR_KEY_P384 ? 384 : 256;
    key->key.part[0] = (skr_view_t){key->bytes[0].data, key->bytes[0].size};
    key->public_key.type = (uint8_t)type;
    key->public_key.a = (skr_view_t){key->point.data, key->point.size};
}

void crypto_key_any(crypto_key_t *key, skr_key_type_t type) {
    switch (type) {
        case SKR_KEY_P256:
            crypto_key_ec(key, type,
                "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
                "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
            break;
        case SKR_KEY_P384:
            crypto_key_ec(key, type,
                "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8"
                "96d5724e4c70a825f872c9ea60d2edf5",
                "04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c"
                "64def8f0ea9055866064a254515480bc138015d9b72d7d57244ea8ef9ac0c621"
                "896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720");
            break;
        case SKR_KEY_ED25519:
            crypto_key_ec(key, type,
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
            break;
        default:
            crypto_key_rsa(key, type, &crypto_rsa_2048);
            break;
    }
}

void crypto_key_other(crypto_key_t *key, skr_key_type_t type) {
    switch (type) {
        case SKR_KEY_P256:
            crypto_key_ec(key, type,
                "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
                "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811"
                "805271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3");
            break;
        case SKR_KEY_P384:
            crypto_key_ec(key, type,
                "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
                "e35b538041e649ee3faef896783ab194",
                "04667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55e"
                "e6de3ac808acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc2"
                "3f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c");
            break;
        case SKR_KEY_ED25519:
            crypto_key_ec(key, type,
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
            break;
        default:
            crypto_key_rsa(key, type, &crypto_rsa_2049);
            break;
    }
}

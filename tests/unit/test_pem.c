// PEM: what is found, what is stepped over, what is refused.
//
// The shapes in which people's files come (line ends, indentation, text between blocks, no last
// newline), and base64 with each defect. The text is in a block of its own size, so that ASan sees
// every read and write past its end.
#include "unit.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "skerry/x509.h"

#define BEGIN(label) "-----BEGIN " label "-----\n"
#define END(label) "-----END " label "-----\n"
#define CERTIFICATE(body) BEGIN("CERTIFICATE") body "\n" END("CERTIFICATE")
#define KEY(body) BEGIN("PRIVATE KEY") body "\n" END("PRIVATE KEY")
enum { BOTH = SKR_PEM_CERTIFICATE | SKR_PEM_PRIVATE_KEY };

static uint8_t *text;
static size_t size, offset;
static skr_view_t out;
static skr_pem_kind_t kind;

static void begin(const char *from, size_t from_size) {
    free(text);
    size = from_size;
    text = malloc(size > 0 ? size : 1);
    memcpy(text, from, size);
    offset = 0;
}

static skr_status_t next(unsigned kinds) {
    skr_status_t status = skr_pem_next(text, size, &offset, kinds, &out, &kind);
    assert_true(offset <= size);
    assert_true(status == SKR_OK || out.data == NULL);
    return status;
}

static void block(unsigned kinds, skr_pem_kind_t expected, const char *hex) {
    assert_string_equal(skr_error_name(next(kinds)), "OK");
    assert_non_null(out.data);
    assert_int_equal(kind, expected);
    unit_assert_hex(out, hex);
}

static void end(unsigned kinds) {
    assert_string_equal(skr_error_name(next(kinds)), "OK");
    assert_null(out.data);
    assert_int_equal(offset, size);
    assert_string_equal(skr_error_name(next(kinds)), "OK");
    assert_null(out.data);
}

static void start(const char *from) {
    begin(from, strlen(from));
}

static void test_shapes(void **state) {
    static const char *const shapes[] = {CERTIFICATE("MAA="),
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", // no last newline
        "-----BEGIN CERTIFICATE-----\r\nMA\r\nA=\r\n-----END CERTIFICATE-----\r\n",
        "-----BEGIN CERTIFICATE-----\rMAA=\r-----END CERTIFICATE-----\r",
        "  -----BEGIN CERTIFICATE-----  \n\tM A\n\n   A =  \n  -----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----MAA=-----END CERTIFICATE-----",
        "subject=CN = a\nissuer=CN = b -----BEGIN\n" CERTIFICATE("MAA=") "text behind",
        "\xef\xbb\xbf" CERTIFICATE("MAA=")};
    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        start(shapes[i]);
        assert_true(skr_pem_is(view_of(text, size)));
        block(BOTH, SKR_PEM_CERTIFICATE, "3000");
        end(BOTH);
    }
}

static void test_several(void **state) {
    static const char file[] = CERTIFICATE("MAA=") "\n" BEGIN(
        "EC PARAMETERS") "BggqhkjOPQMBBw==\n" END("EC PARAMETERS")
        BEGIN("EC PRIVATE KEY") "MAEB\n" END("EC PRIVATE KEY") CERTIFICATE("MAIC")
            BEGIN("CERTIFICATE REQUEST") "!!\n" END("CERTIFICATE REQUEST")
                BEGIN("RSA PRIVATE KEY") "MAMD\n" END("RSA PRIVATE KEY") KEY("MAQE");
    (void)state;
    start(file);
    block(BOTH, SKR_PEM_CERTIFICATE, "3000");
    block(BOTH, SKR_PEM_PRIVATE_KEY, "300101");
    block(BOTH, SKR_PEM_CERTIFICATE, "300202");
    block(BOTH, SKR_PEM_PRIVATE_KEY, "300303");
    block(BOTH, SKR_PEM_PRIVATE_KEY, "300404");
    end(BOTH);
    start(file);
    block(SKR_PEM_CERTIFICATE, SKR_PEM_CERTIFICATE, "3000");
    block(SKR_PEM_CERTIFICATE, SKR_PEM_CERTIFICATE, "300202");
    end(SKR_PEM_CERTIFICATE);
    start(file);
    block(SKR_PEM_PRIVATE_KEY, SKR_PEM_PRIVATE_KEY, "300101");
    block(SKR_PEM_CERTIFICATE, SKR_PEM_CERTIFICATE, "300202"); // from where the last one ended
    end(SKR_PEM_CERTIFICATE);
    start("nothing here");
    assert_false(skr_pem_is(view_of(text, size)));
    end(BOTH);
    begin("", 0);
    end(BOTH);
    assert_false(skr_pem_is(view_of(NULL, 0)));
    start("-----BEGI");
    assert_false(skr_pem_is(view_of(text, size)));
    end(BOTH);
}

static void test_broken(void **state) {
    static const char *const refused[] = {CERTIFICATE(""), CERTIFICATE("="), CERTIFICATE("===="),
        CERTIFICATE("MAA"), CERTIFICATE("MA"), CERTIFICATE("M==="), CERTIFICATE("MAA=="),
        CERTIFICATE("MAA=MAA="), CERTIFICATE("MAA=MAAA"), CERTIFICATE("MA=A"), CERTIFICATE("MAB="),
        CERTIFICATE("MB=="), CERTIFICATE("MAA!"), CERTIFICATE("MA-_"), CERTIFICATE("MAA=\n-"),
        CERTIFICATE("M\xc3\xa4"
                    "A="),
        CERTIFICATE("MA.A"), BEGIN("CERTIFICATE") "MAA=\n",
        BEGIN("CERTIFICATE") "MAA=\n" END("PRIVATE KEY"),
        BEGIN("CERTIFICATE") "MAA=\n-----END CERTIFICATE", "-----BEGIN CERTIFICATE-----",
        BEGIN("CERTIFICATE") "MAA=\n-----END CERTIFICATE----",
        BEGIN("X509 CERTIFICATE") "MAA=\n" END("X509 CERTIFICATE"),
        BEGIN("TRUSTED CERTIFICATE") "MAA=\n" END("TRUSTED CERTIFICATE"),
        BEGIN("CERTIFICATE") "Proc-Type: 4,CLEAR\n\nMAA=\n" END("CERTIFICATE"),
        BEGIN("CERTIFICATE") "MAA=\n" CERTIFICATE("MAA=")};
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        start(refused[i]);
        if (next(BOTH) != SKR_ERR_PEM) {
            fail_msg("%s", refused[i]);
        }
        start(refused[i]);
        next(SKR_PEM_PRIVATE_KEY); // nobody asked for it
        assert_null(out.data);
    }
    start(CERTIFICATE("!") CERTIFICATE("MAA=")); // one that is broken does not hide the next
    assert_int_equal(next(BOTH), SKR_ERR_PEM);
    block(BOTH, SKR_PEM_CERTIFICATE, "3000");
    begin(CERTIFICATE("MA\0A="), sizeof(CERTIFICATE("MA\0A=")) - 1);
    assert_int_equal(next(BOTH), SKR_ERR_PEM);
}

static void test_encrypted(void **state) {
    (void)state;
    start(BEGIN("ENCRYPTED PRIVATE KEY") "MAA=\n" END("ENCRYPTED PRIVATE KEY") KEY("MAA="));
    assert_int_equal(next(BOTH), SKR_ERR_KEY_ENCRYPTED);
    block(BOTH, SKR_PEM_PRIVATE_KEY, "3000");
    start(BEGIN("RSA PRIVATE KEY") "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMAA=\n" END(
        "RSA PRIVATE KEY"));
    assert_int_equal(next(BOTH), SKR_ERR_KEY_ENCRYPTED);
    start(BEGIN("ENCRYPTED PRIVATE KEY") "MAA=\n" END("ENCRYPTED PRIVATE KEY"));
    end(SKR_PEM_CERTIFICATE);
}

// Every byte as a symbol, at each place of four: exactly the 64 of RFC 4648 are taken, each for its
// value.
static void test_symbols(void **state) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        for (unsigned place = 0; place < 4; place++) {
            char file[] = CERTIFICATE("AAAAAAAA");
            size_t at = strlen(BEGIN("CERTIFICATE")) + 4 + place;
            file[at] = (char)byte;
            begin(file, sizeof(file) - 1);
            const char *found = byte != 0 ? strchr(alphabet, (int)byte) : NULL;
            skr_status_t status = next(BOTH);
            if (found == NULL) {
                bool is_padding = byte == '=' && place == 3;
                assert_int_equal(status, is_padding ? SKR_OK : SKR_ERR_PEM);
                continue;
            }
            assert_int_equal(status, SKR_OK);
            uint32_t bits = (uint32_t)(found - alphabet) << (6 * (3 - place));
            uint8_t expected[] = {
                0, 0, 0, (uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
            unit_assert_view(out, view_of(expected, sizeof(expected)));
        }
    }
}

// Cut anywhere, and with any byte changed: no crash, and never more bytes than the body can hold.
static void test_mutations(void **state) {
    static const char file[] = "text\n" CERTIFICATE("MAAAAAAA\nAAA=") KEY("MAEB");
    (void)state;
    for (size_t cut = 0; cut <= sizeof(file) - 1; cut++) {
        begin(file, cut);
        while (next(BOTH) != SKR_OK || out.data != NULL) {
            assert_true(out.size <= 9);
        }
    }
    for (size_t at = 0; at < sizeof(file) - 1; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            begin(file, sizeof(file) - 1);
            text[at] = (uint8_t)byte;
            while (next(BOTH) != SKR_OK || out.data != NULL) {
                assert_true(out.size <= 12);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_several), cmocka_unit_test(test_broken),
        cmocka_unit_test(test_encrypted), cmocka_unit_test(test_symbols),
        cmocka_unit_test(test_mutations)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(text);
    return failed;
}

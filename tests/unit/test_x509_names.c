// Names: hosts and addresses as users write them, matching against subjectAltName, distinguished
// names.
//
// RFC 9525's rules with each near miss, RFC 5280 section 7.1's comparison with each variation,
// texts for people with what a certificate could smuggle into them.
#include "unit.h"

#include "base/bytes.h"
#include "support/x509_try.h"
#include "x509/match.h"
#include "x509/name.h"

static skr_view_t text_view(const char *text) {
    return view_of(text, strlen(text));
}

static void test_addresses(void **state) {
    static const struct {
        const char *text, *hex, *canonical;
    } rows[] = {{"0.0.0.0", "00000000", NULL}, {"255.255.255.255", "ffffffff", NULL},
        {"192.0.2.1", "c0000201", NULL}, {"::", "00000000000000000000000000000000", NULL},
        {"::1", "00000000000000000000000000000001", NULL},
        {"1::", "00010000000000000000000000000000", NULL},
        {"2001:db8::1", "20010db8000000000000000000000001", NULL},
        {"2001:DB8:0:0:0:0:0:1", "20010db8000000000000000000000001", "2001:db8::1"},
        {"1:2:3:4:5:6:7:8", "00010002000300040005000600070008", NULL},
        {"1:2:3:4:5:6:7::", "00010002000300040005000600070000", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "00000002000300040005000600070008", "0:2:3:4:5:6:7:8"},
        {"::ffff:192.0.2.1", "00000000000000000000ffffc0000201", "::ffff:c000:201"},
        {"1:2:3:4:5:6:192.0.2.1", "000100020003000400050006c0000201", "1:2:3:4:5:6:c000:201"},
        {"0001:0:0:2::", "00010000000000020000000000000000", "1:0:0:2::"},
        {"1:0:0:2:0:0:0:3", "00010000000000020000000000000003", "1:0:0:2::3"},
        {"1::2:0:0:3:4", "00010000000000020000000000030004", "1::2:0:0:3:4"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        skr_name_t name;
        char text[SKR_ADDRESS_TEXT];
        assert_true(skr_name_parse(text_view(rows[i].text), &name));
        assert_int_equal(name.kind, SKR_NAME_IP);
        unit_assert_hex(name.data, rows[i].hex);
        size_t size = skr_address_print(name.data, text, sizeof(text));
        assert_string_equal(text, rows[i].canonical != NULL ? rows[i].canonical : rows[i].text);
        assert_int_equal(size, strlen(text));
    }
    char all[SKR_ADDRESS_TEXT];
    assert_int_equal(
        skr_address_print(unit_hex("fffffffffffffffffffffffffffffff0"), all, sizeof(all)),
        SKR_ADDRESS_TEXT - 1);
    char small[5];
    assert_int_equal(skr_address_print(unit_hex("c0000201"), small, sizeof(small)), 4);
    assert_string_equal(small, "192.");
    assert_int_equal(skr_address_print(unit_hex("c00002"), all, sizeof(all)), 0);
    assert_string_equal(all, "");
}

static void test_hosts(void **state) {
    static const char *const good[] = {"localhost", "example.com", "EXAMPLE.com", "a.b-c.d",
        "xn--nxasmq6b.com", "1.example", "1a", "a1.2b", "3com"};
    static const char *const refused[] = {"", ".", "..", "a..b", ".a", "-a", "a-", "a.-b.c",
        "a_b.example", "a b", "a/b", "*.example.com", "exämple", "1", "1.2.3", "1.2.3.4.5",
        "256.1.1.1", "01.2.3.4", "1.2.3.04", "0x7f.1", "example.1", "1.2.3.4.", ":",
        ":::", "1:", ":1", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::", "12345::", "::1.2.3", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4",
        "::1%eth0", "[::1]", "a.b..", "g::", "::-1"};
    skr_name_t name;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(skr_name_parse(text_view(good[i]), &name));
        assert_int_equal(name.kind, SKR_NAME_DNS);
        unit_assert_view(name.data, text_view(good[i]));
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (skr_name_parse(text_view(refused[i]), &name)) {
            fail_msg("%s was taken for a name", refused[i]);
        }
        assert_int_equal(name.kind, SKR_NAME_NONE);
    }
    assert_true(skr_name_parse(text_view("example.com."), &name));
    unit_assert_view(name.data, text_view("example.com"));
    assert_false(skr_name_parse(view_of(NULL, 0), &name));
    assert_false(skr_name_parse(view_of("a\0b", 3), &name));
    // Labels of 63 and 64, names of 253 and 254
    char text[260];
    memset(text, 'a', sizeof(text));
    assert_true(skr_name_parse(view_of(text, 63), &name));
    assert_false(skr_name_parse(view_of(text, 64), &name));
    for (size_t i = 49; i < sizeof(text); i += 50) {
        text[i] = '.';
    }
    assert_true(skr_name_parse(view_of(text, 253), &name));
    assert_false(skr_name_parse(view_of(text, 254), &name));
}

static bool matches(const char *presented, size_t presented_size, const char *wanted) {
    uint8_t bytes[300];
    skr_name_t name;
    assert_true(skr_name_parse(text_view(wanted), &name));
    x509_der_t out = x509_der_of(bytes, sizeof(bytes));
    x509_der_put(&out, 0x82, presented, presented_size);
    return match_name(x509_der_done(&out), &name);
}

static void test_dns(void **state) {
    static const struct {
        const char *presented, *wanted;
        bool fits;
    } rows[] = {{"example.com", "example.com", true}, {"EXAMPLE.com", "example.COM", true},
        {"example.com", "www.example.com", false}, {"www.example.com", "example.com", false},
        {"*.example.com", "www.example.com", true}, {"*.EXAMPLE.com", "WWW.example.com", true},
        {"*.example.com", "example.com", false}, {"*.example.com", "a.b.example.com", false},
        {"*.com", "example.com", false}, {"*", "localhost", false}, {"*.", "localhost", false},
        {"*.*.com", "a.example.com", false}, {"w*.example.com", "www.example.com", false},
        {"*w.example.com", "www.example.com", false}, {"a.*.com", "a.example.com", false},
        {"*.example.com.", "www.example.com", false}, {"example.com.", "example.com", false},
        {".example.com", "www.example.com", false},
        {"*.xn--nxasmq6b.com", "www.xn--nxasmq6b.com", true},
        {"xn--*.example.com", "xn--a.example.com", false}, {"", "localhost", false},
        {"**.example.com", "a.example.com", false}, {"*.b.example.com", "a.b.example.com", true},
        {"*.example.org", "www.example.com", false}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (matches(rows[i].presented, strlen(rows[i].presented), rows[i].wanted) != rows[i].fits) {
            fail_msg("%s against %s", rows[i].presented, rows[i].wanted);
        }
    }
    assert_false(matches("example.com\0.evil.org", 21, "example.com"));
    assert_false(matches("example.com\0", 12, "example.com"));
    // A caller that does not use skr_name_parse() cannot bring in anything else.
    const skr_name_t odd = {.kind = SKR_NAME_DNS, .data = VIEW_LITERAL("*.example.com")};
    uint8_t bytes[300];
    x509_der_t out = x509_der_of(bytes, sizeof(bytes));
    x509_der_text(&out, 0x82, "*.example.com");
    assert_false(match_name(x509_der_done(&out), &odd));
}

static void test_kinds(void **state) {
    static const char *const others[] = {"DNS:192.0.2.1", "email:192.0.2.1", "URI:192.0.2.1",
        "DN:192.0.2.1", "IP:192.0.2.2", "IP:::ffff:192.0.2.1"};
    static x509_made_t made;
    skr_name_t name;
    (void)state;
    assert_true(skr_name_parse(text_view("192.0.2.1"), &name));
    x509_make_t how = {.names = {others[0], others[1], others[2], others[3], others[4], others[5]}};
    x509_make(&made, &how);
    assert_false(skr_certificate_matches(x509_made_view(&made), &name));
    how.names[6] = "IP:192.0.2.1";
    x509_make(&made, &how);
    assert_true(skr_certificate_matches(x509_made_view(&made), &name));
    name.kind = SKR_NAME_NONE;
    assert_false(skr_certificate_matches(x509_made_view(&made), &name));
    assert_false(skr_certificate_matches(view_of(made.der, made.size - 1), &name));
    // Reading them one by one: the DNS name and the three addresses
    static const struct {
        skr_name_kind_t kind;
        const char *hex;
    } expected[] = {{SKR_NAME_DNS, "3139322e302e322e31"}, {SKR_NAME_IP, "c0000202"},
        {SKR_NAME_IP, "00000000000000000000ffffc0000201"}, {SKR_NAME_IP, "c0000201"}};
    skr_certificate_info_t info;
    assert_int_equal(skr_certificate_read(x509_made_view(&made), &info), SKR_OK);
    for (size_t i = 0; i < 4; i++) {
        skr_name_kind_t kind;
        skr_view_t value;
        assert_true(skr_certificate_name(&info, i, &kind, &value));
        assert_int_equal(kind, expected[i].kind);
        unit_assert_hex(value, expected[i].hex);
        assert_false(skr_certificate_name(&info, 4 + i, &kind, &value));
    }
}

// A Name of RDNs, given as "tag:text" with the attribute type commonName; "+" puts the next into
// the same RDN.
static skr_view_t make_name(uint8_t *bytes, size_t size, const char *const *values) {
    x509_der_t out = x509_der_of(bytes, size);
    size_t name = x509_der_open(&out, 0x30);
    for (size_t i = 0; values[i] != NULL; i++) {
        size_t rdn = x509_der_open(&out, 0x31);
        for (;;) {
            bool more = values[i][0] == '+';
            const char *value = values[i] + more;
            size_t attribute = x509_der_open(&out, 0x30);
            x509_der_oid(&out, "2.5.4.3");
            x509_der_text(&out,
                value[0] == 'u'       ? 0x0c
                    : value[0] == 'p' ? 0x13
                    : value[0] == 'i' ? 0x16
                                      : 0x14,
                value + 2);
            x509_der_close(&out, attribute);
            if (!more) {
                break;
            }
            i++;
        }
        x509_der_close(&out, rdn);
    }
    x509_der_close(&out, name);
    return x509_der_done(&out);
}

static void test_distinguished(void **state) {
    static const struct {
        const char *a[4], *b[4];
        bool equal, begins; // does a begin with b?
    } rows[] = {{{NULL}, {NULL}, true, true}, {{"u:a"}, {"u:a"}, true, true},
        {{"u:a"}, {NULL}, false, true}, {{NULL}, {"u:a"}, false, false},
        {{"u:Example Root"}, {"p:example  root "}, true, true}, {{"u: a b"}, {"u:a b"}, true, true},
        {{"u:ab"}, {"u:a b"}, false, false}, {{"u:a b"}, {"u:ab"}, false, false},
        {{"u:a"}, {"u:a "}, true, true}, {{"u:"}, {"u:  "}, true, true},
        {{"u:"}, {"u:a"}, false, false}, {{"i:a"}, {"i:A"}, false, false},
        {{"i:a"}, {"u:a"}, false, false}, {{"i:a"}, {"i:a"}, true, true},
        {{"t:a"}, {"t:a"}, true, true}, {{"u:\xc3\xa4"}, {"u:\xc3\x84"}, false, false},
        {{"u:a", "u:b"}, {"u:a"}, false, true}, {{"u:a"}, {"u:a", "u:b"}, false, false},
        {{"u:a", "u:b"}, {"u:b", "u:a"}, false, false},
        {{"+u:a", "u:b"}, {"u:a", "u:b"}, false, false},
        {{"+u:a", "u:b"}, {"+u:A", "u:B"}, true, true}, {{"+u:a", "u:b"}, {"u:a"}, false, false},
        {{"u:a"}, {"+u:a", "u:b"}, false, false}, {{"u:abc"}, {"u:abd"}, false, false},
        {{"u:ab"}, {"u:abc"}, false, false}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t x[256], y[256];
        skr_view_t a = make_name(x, sizeof(x), rows[i].a);
        skr_view_t b = make_name(y, sizeof(y), rows[i].b);
        if (name_equal(a, b) != rows[i].equal || name_equal(b, a) != rows[i].equal ||
            name_begins(a, b) != rows[i].begins) {
            fail_msg("row %zu", i);
        }
        assert_true(name_is_valid(a) && name_is_valid(b));
        assert_int_equal(name_is_empty(a), rows[i].a[0] == NULL);
    }
    // The same text as another attribute: organizationName, not commonName
    skr_view_t common = unit_hex("300c 310a 3008 0603 550403 0c01 61");
    skr_view_t organization = unit_hex("300c 310a 3008 0603 55040a 0c01 61");
    assert_true(name_is_valid(common) && name_is_valid(organization));
    assert_false(name_equal(common, organization) || name_begins(common, organization));
    static const char *const refused[] = {"", "30", "3101", "3003 310100", "3002 3100",
        "3004 31023000", "30 0b 3109 3007 0603550403 0c00 00",
        "300c 310a 3008 0603 550403 0c01 61 3100", "3000 00"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_false(name_is_valid(unit_hex(refused[i])));
    }
}

static void test_print(void **state) {
    char text[64];
    (void)state;
    static const struct {
        const char *oid, *value;
    } attributes[] = {{"2.5.4.6", "DE"}, {"2.5.4.8", "x"}, {"2.5.4.10", "Ex\\ample\x1b"},
        {"2.5.4.97", "\x7f\xff"}, {"1.2.840.113549.1.9.1", "somebody@example.org"}};
    uint8_t bytes[256];
    x509_der_t out = x509_der_of(bytes, sizeof(bytes));
    size_t sequence = x509_der_open(&out, 0x30);
    for (size_t i = 0; i < 5; i++) {
        size_t rdn = x509_der_open(&out, 0x31);
        size_t attribute = x509_der_open(&out, 0x30);
        x509_der_oid(&out, attributes[i].oid);
        x509_der_text(&out, 0x0c, attributes[i].value);
        x509_der_close(&out, attribute);
        x509_der_close(&out, rdn);
    }
    x509_der_close(&out, sequence);
    skr_view_t name = x509_der_done(&out);
    size_t size = skr_name_print(name, text, sizeof(text));
    assert_string_equal(text,
        "C=DE, ST=x, O=Ex\\5cample\\1b, 2.5.4.97=\\7f\\ff, "
        "1.2.840.113549.1.");
    assert_int_equal(size, sizeof(text) - 1);
    assert_int_equal(skr_name_print(unit_hex("3000"), text, sizeof(text)), 0);
    assert_string_equal(text, "");
    assert_int_equal(skr_name_print(view_of(NULL, 0), text, sizeof(text)), 0);
    assert_int_equal(skr_name_print(name, text, 0), 0);
    assert_int_equal(skr_name_print(name, text, 1), 0);
    assert_string_equal(text, "");
    static const char *const fields[] = {"", "Certificate", "version", "serialNumber"};
    for (unsigned i = 0; i < 4; i++) {
        assert_string_equal(skr_field_name(i), fields[i]);
    }
    assert_string_equal(skr_field_name(SKR_FIELD_SIGNATURE), "signatureValue");
    assert_string_equal(skr_field_name(SKR_FIELD_SIGNATURE + 1), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_hosts), cmocka_unit_test(test_dns), cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_distinguished), cmocka_unit_test(test_print)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

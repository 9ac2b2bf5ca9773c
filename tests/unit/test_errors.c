// Errors: that the table is complete, and that the functions say what it says.
//
// Every status has a name of its own, a text, a class and an alert that exists; unknown numbers are
// answered too. The alerts of some rows are compared with RFC 9846 by hand, and alert names with
// its section 6. Texts are for people: they are looked at for being there, not for their words.
#include "unit.h"

#include "skerry/errors.h"

static bool is_alert(unsigned alert) {
    switch (alert) {
#define ROW(name, code, text) case code:
        SKR_ALERTS(ROW)
#undef ROW
        return true;
        default:
            return alert == SKR_ALERT_NONE;
    }
}

static void test_rows(void **state) {
    (void)state;
    for (int i = 0; i < SKR_ERROR_COUNT; i++) {
        skr_status_t status = (skr_status_t)(-1 - i);
        assert_true(skr_error_name(status)[0] >= 'A' && skr_error_name(status)[0] <= 'Z');
        assert_true(strlen(skr_error_text(status)) > 10);
        assert_true(strlen(skr_error_section(status)) > 3);
        assert_true(is_alert(skr_error_alert(status)));
        assert_true(skr_error_class(status) <= SKR_CLASS_LOCAL);
        for (int j = 0; j < i; j++) {
            skr_status_t other = (skr_status_t)(-1 - j);
            assert_string_not_equal(skr_error_name(status), skr_error_name(other));
            assert_string_not_equal(skr_error_text(status), skr_error_text(other));
        }
        // Only what the peer said or the caller closed is told to nobody.
        if (skr_error_alert(status) == SKR_ALERT_NONE) {
            assert_true(skr_error_class(status) == SKR_CLASS_PEER || status == SKR_ERR_CLOSED);
        }
    }
}

static void test_names(void **state) {
    (void)state;
#define ROW(name, class, alert, text, section) \
    assert_string_equal(skr_error_name(SKR_ERR_##name), #name); \
    assert_string_equal(skr_error_text(SKR_ERR_##name), text); \
    assert_string_equal(skr_error_section(SKR_ERR_##name), section); \
    assert_int_equal(skr_error_class(SKR_ERR_##name), SKR_CLASS_##class); \
    assert_int_equal(skr_error_alert(SKR_ERR_##name), SKR_ALERT_##alert); \
    assert_true(SKR_ERR_##name < 0);
    SKR_ERRORS(ROW)
#undef ROW
}

// What RFC 9846 says in words, from the sections that the rows name.
static void test_alerts(void **state) {
    (void)state;
    static const struct {
        skr_status_t status;
        uint8_t alert;
    } rules[] = {
        {SKR_ERR_DECODE, 50},
        {SKR_ERR_RECORD_OVERFLOW, 22},
        {SKR_ERR_RECORD_MAC, 20},
        {SKR_ERR_RECORD_TYPE, 10},
        {SKR_ERR_RECORD_EMPTY, 10},
        {SKR_ERR_RECORD_PADDING, 10},
        {SKR_ERR_UNEXPECTED_MESSAGE, 10},
        {SKR_ERR_ILLEGAL_PARAMETER, 47},
        {SKR_ERR_DUPLICATE_EXTENSION, 47},
        {SKR_ERR_MISPLACED_EXTENSION, 47},
        {SKR_ERR_UNSOLICITED_EXTENSION, 110},
        {SKR_ERR_MISSING_EXTENSION, 109},
        {SKR_ERR_FINISHED, 51},
        {SKR_ERR_SIGNATURE, 51},
        {SKR_ERR_VERSION, 70},
        {SKR_ERR_NO_COMMON_SUITE, 40},
        {SKR_ERR_NO_COMMON_ALPN, 120},
        {SKR_ERR_UNRECOGNIZED_NAME, 112},
        {SKR_ERR_CERTIFICATE_REQUIRED, 116},
        {SKR_ERR_NO_CERTIFICATE, 50},
        {SKR_ERR_CERT_UNKNOWN_CA, 48},
        {SKR_ERR_CERT_EXPIRED, 45},
        {SKR_ERR_MEMORY, 80},
        {SKR_ERR_PEER_ALERT, 255},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        assert_int_equal(skr_error_alert(rules[i].status), rules[i].alert);
    }
}

static void test_waits(void **state) {
    (void)state;
    assert_string_equal(skr_error_name(SKR_OK), "OK");
    assert_string_equal(skr_error_name(SKR_WANT_INPUT), "WANT_INPUT");
    assert_string_equal(skr_error_name(SKR_WANT_OUTPUT), "WANT_OUTPUT");
    assert_string_equal(skr_error_name(SKR_WANT_READ), "WANT_READ");
    assert_string_equal(skr_error_name(SKR_WANT_VERIFY), "WANT_VERIFY");
    assert_string_equal(skr_error_name(SKR_WANT_SIGNATURE), "WANT_SIGNATURE");
    assert_string_equal(skr_error_name(SKR_WANT_PSK), "WANT_PSK");
    assert_string_equal(skr_error_name(SKR_CLOSED), "CLOSED");
    for (int wait = SKR_OK; wait <= SKR_CLOSED; wait++) {
        assert_true(strlen(skr_error_text((skr_status_t)wait)) > 3);
        assert_string_equal(skr_error_section((skr_status_t)wait), "");
        assert_int_equal(skr_error_class((skr_status_t)wait), SKR_CLASS_LOCAL);
        assert_int_equal(skr_error_alert((skr_status_t)wait), SKR_ALERT_NONE);
    }
}

static void test_unknown(void **state) {
    (void)state;
    static const int numbers[] = {SKR_CLOSED + 1, 127, -1 - SKR_ERROR_COUNT, -128};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        skr_status_t status = (skr_status_t)numbers[i];
        assert_string_equal(skr_error_name(status), "UNKNOWN");
        assert_true(strlen(skr_error_text(status)) > 3);
        assert_string_equal(skr_error_section(status), "");
        assert_int_equal(skr_error_alert(status), SKR_ALERT_NONE);
    }
    // The last row is the last.
    assert_string_equal(skr_error_name((skr_status_t)-SKR_ERROR_COUNT), "KEY_EXHAUSTED");
}

static void test_alert_names(void **state) {
    (void)state;
    unsigned known = 0;
    for (unsigned alert = 0; alert < 256; alert++) {
        known += strcmp(skr_alert_name(alert), "unknown alert") != 0 ? 1 : 0;
    }
    assert_int_equal(known, 28); // as many as section 6 has
    assert_string_equal(skr_alert_name(0), "close_notify");
    assert_string_equal(skr_alert_name(50), "decode_error");
    assert_string_equal(skr_alert_name(117), "general_error");
    assert_string_equal(skr_alert_name(120), "no_application_protocol");
    assert_string_equal(skr_alert_name(121), "unknown alert");
    assert_string_equal(skr_alert_name(1000), "unknown alert");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_alerts),
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_alert_names),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}

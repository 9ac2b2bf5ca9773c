// Sentences for people.
//
// In: a connection, its first error. Out: on stderr who refused whom, what exactly was wrong (which
// certificate, which field, which numbers), which rule says so, what the peer was told or said, and
// what to do about it. The engine has the texts of the errors; what to do depends on this tool's
// options, so that is here, as a table.
//
// Nothing here decides anything: exit codes are the commands' affair.
#include "cli/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ports/posix/memory.h"

typedef struct {
    skr_status_t status;
    const char *client, *server; // what to do, by this side's role; NULL: as the other one
} advice_t;

static const advice_t advices[] = {
    {SKR_ERR_RECORD_HEADER,
        "is that a TLS port? Services that upgrade with STARTTLS are not supported",
        "the client does not speak TLS; plain HTTP, perhaps?"},
    {SKR_ERR_VERSION,
        "the peer speaks nothing from TLS 1.2 to 1.3 that --tls1.2, --tls1.3, --min-version and "
        "--max-version leave here",
        NULL},
    {SKR_ERR_NO_COMMON_SUITE, "allow more with --suites, or leave it out", NULL},
    {SKR_ERR_BINDER, NULL,
        "is the key of --psk the same on both sides, and its identity known here?"},
    {SKR_ERR_NO_COMMON_GROUP, "allow more with --groups, or leave it out", NULL},
    {SKR_ERR_NO_COMMON_SIGNATURE,
        "give a certificate (--cert, --key) with a key of another kind, or leave --signatures out",
        NULL},
    {SKR_ERR_NO_COMMON_ALPN, "name a protocol that both sides know with --alpn", NULL},
    {SKR_ERR_UNRECOGNIZED_NAME, NULL,
        "give a certificate for that name, or leave --require-known-name out"},
    {SKR_ERR_CERTIFICATE_REQUIRED, NULL,
        "the client needs a certificate; --verify optional lets it go without one"},
    {SKR_ERR_CERT_WINDOW, "raise --certificate-window, or have the peer send its chain in order",
        NULL},
    {SKR_ERR_RECORD_LIMIT, "raise --max-record-in, or make the peer send smaller records", NULL},
    {SKR_ERR_CERT_UNKNOWN_CA,
        "give its root with --ca FILE if you trust it; or does the server keep back intermediates?",
        "give the root that issues your clients' certificates with --ca FILE"},
    {SKR_ERR_CERT_NAME,
        "use the name that the certificate is for, or look for another one with --name NAME", NULL},
    {SKR_ERR_CERT_EXPIRED, "the certificate must be renewed, or this machine's clock is wrong",
        NULL},
    {SKR_ERR_CERT_NOT_YET_VALID, "wait, or set this machine's clock", NULL},
    {SKR_ERR_KEY_MISMATCH,
        "give the key that belongs to the certificate: --key in the order of --cert", NULL},
    {SKR_ERR_NO_TRUST, "give trusted roots with --ca FILE", NULL},
    {SKR_ERR_NAME_REQUIRED, "give the server's name with --name NAME", NULL},
    {SKR_ERR_TRUNCATED,
        "what came is intact, the rest may be missing: a broken peer, or somebody on the way",
        NULL},
    {SKR_ERR_CLOSED_EARLY, "the peer's log may say why; is that a TLS port?", NULL},
    {SKR_ERR_USAGE, "is it --update-keys? TLS 1.2 has none; --tls1.3 makes sure of it", NULL},
    {SKR_ERR_SIGNATURE, "the peer has the certificate but not its key: do not trust it", NULL},
    {SKR_ERR_FINISHED, "somebody on the way may have altered the handshake", NULL},
};

// What to do when the peer sent an alert, by the alert.
static const struct {
    skr_alert_t alert;
    const char *text;
} alert_advices[] = {
    {SKR_ALERT_PROTOCOL_VERSION,
        "the peer does not speak TLS 1.2 or 1.3, or not the one that was asked for with --tls1.2, "
        "--tls1.3, --min-version or --max-version"},
    {SKR_ALERT_HANDSHAKE_FAILURE,
        "there is no common cipher suite, group, kind of certificate or version"},
    {SKR_ALERT_CERTIFICATE_REQUIRED,
        "the peer wants to know who you are: give --cert FILE and --key FILE"},
    {SKR_ALERT_UNKNOWN_CA, "the peer does not trust the root of this side's certificate"},
    {SKR_ALERT_BAD_CERTIFICATE,
        "the peer does not like this side's certificate: is it for the right name?"},
    {SKR_ALERT_CERTIFICATE_EXPIRED,
        "this side's certificate has expired, or the peer's clock is wrong"},
    {SKR_ALERT_CERTIFICATE_UNKNOWN, "the peer does not accept this side's certificate"},
    {SKR_ALERT_UNRECOGNIZED_NAME,
        "the peer does not serve that name: --name NAME asks for another one"},
    {SKR_ALERT_NO_APPLICATION_PROTOCOL, "the peer knows none of the protocols of --alpn"},
    {SKR_ALERT_INAPPROPRIATE_FALLBACK,
        "the peer speaks a newer version than the one that was asked for"},
    {SKR_ALERT_DECRYPT_ERROR,
        "with --psk: the peer does not know this identity, or has another key for it"},
    {SKR_ALERT_ACCESS_DENIED, "the peer knows who you are and does not let you in"},
};

static const char *advice_for(
    const report_context_t *context, const skr_error_t *error, skr_status_t status) {
    if (status == SKR_ERR_PEER_ALERT) {
        for (size_t i = 0; i < sizeof(alert_advices) / sizeof(alert_advices[0]); i++) {
            if (alert_advices[i].alert == (skr_alert_t)error->alert_received) {
                return alert_advices[i].text;
            }
        }
        return "the peer's log may say more";
    }
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        const advice_t *advice = &advices[i];
        if (advice->status == status) {
            bool first = context->role == SKR_CLIENT ? advice->client != NULL
                                                     : advice->server == NULL;
            return first ? advice->client : advice->server;
        }
    }
    switch (skr_error_class(status)) {
        case SKR_CLASS_MALFORMED:
        case SKR_CLASS_MISBEHAVED:
            return "the peer breaks the protocol; --trace shows how far it came";
        case SKR_CLASS_CERTIFICATE:
            return "who runs the peer has to replace its certificate";
        default:
            return NULL;
    }
}

static void report_line(const char *label, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void report_line(const char *label, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "  %-7s ", label);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static void report_time(const char *label, int64_t now) {
    time_t seconds = (time_t)now;
    struct tm parts;
    char text[64];
    if (gmtime_r(&seconds, &parts) != NULL &&
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) > 0) {
        report_line(label, "certificates were checked as of %s", text);
    }
}

// Which part of what was wrong.
static void report_detail(
    const report_context_t *context, const skr_error_t *error, skr_status_t status) {
    if (skr_error_class(status) == SKR_CLASS_CERTIFICATE) {
        const char *which = error->certificate == 0 ? " (its own)" : "";
        bool is_anchor = error->certificate >= SKR_ERROR_ANCHOR;
        unsigned number = is_anchor ? error->certificate - SKR_ERROR_ANCHOR : error->certificate;
        const char *field = error->field != SKR_FIELD_NONE ? skr_field_name(error->field) : NULL;
        report_line("where", "%s %u%s%s%s%s", is_anchor ? "trusted root" : "certificate", number,
            is_anchor ? "" : " of its chain", which, field != NULL ? ", " : "",
            field != NULL ? field : "");
    }
    if (status == SKR_ERR_CERT_NAME && context->name != NULL) {
        report_line("name", "%s was looked for", context->name);
    }
    if (status == SKR_ERR_CERT_EXPIRED || status == SKR_ERR_CERT_NOT_YET_VALID) {
        report_time("time", context->now);
    }
    if (status == SKR_ERR_RECORD_LIMIT || status == SKR_ERR_RECORD_OVERFLOW ||
        status == SKR_ERR_MESSAGE_TOO_LONG) {
        report_line("size", "%lu bytes, the limit is %lu", (unsigned long)error->value,
            (unsigned long)error->limit);
    }
    if (status == SKR_ERR_MEMORY) {
        report_line("memory", "%lu bytes for: %s", (unsigned long)error->value,
            posix_region_name(error->limit));
    }
}

void report_refusal(const report_context_t *context, const skr_conn_t *conn, skr_status_t status) {
    skr_error_t error;
    skr_conn_error(conn, &error);
    const char *who = context->role == SKR_CLIENT ? "server" : "client";
    switch (skr_error_class(status)) {
        case SKR_CLASS_CERTIFICATE:
            fprintf(stderr, "skerry %s: the %s %s is not accepted: %s\n", context->command, who,
                context->peer, skr_error_text(status));
            break;
        case SKR_CLASS_USAGE:
        case SKR_CLASS_LOCAL:
            fprintf(stderr, "skerry %s: %s\n", context->command, skr_error_text(status));
            break;
        default:
            fprintf(stderr, "skerry %s: connection with the %s %s: %s\n", context->command, who,
                context->peer, skr_error_text(status));
            break;
    }
    report_detail(context, &error, status);
    if (error.alert_received != SKR_ALERT_NONE) {
        report_line("alert", "the peer said %s (alert %u)", skr_alert_name(error.alert_received),
            error.alert_received);
    }
    if (error.alert_sent != SKR_ALERT_NONE && error.alert_sent != SKR_ALERT_CLOSE_NOTIFY) {
        report_line("alert", "the peer was told %s (alert %u)", skr_alert_name(error.alert_sent),
            error.alert_sent);
    }
    report_line("rule", "%s, %s", skr_error_section(status), skr_error_name(status));
    const char *advice = advice_for(context, &error, status);
    if (advice != NULL) {
        report_line("advice", "%s", advice);
    }
}

void report_configuration(const char *command, const char *what, skr_status_t status) {
    fprintf(stderr, "skerry %s: %s: %s\n", command, what, skr_error_text(status));
    report_line("rule", "%s, %s", skr_error_section(status), skr_error_name(status));
}

// Text that grows at the end of a buffer.
typedef struct {
    char *text;
    size_t size, used;
} page_t;

static void page_add(page_t *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void page_add(page_t *page, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(page->text + page->used, page->size - page->used, format, arguments);
    va_end(arguments);
    if (added > 0) {
        size_t left = page->size - page->used - 1;
        page->used += (size_t)added < left ? (size_t)added : left;
    }
}

// As --psk takes it.
static void page_add_identity(page_t *page, skr_view_t identity) {
    for (size_t i = 0; i < identity.size; i++) {
        uint8_t byte = identity.data[i];
        bool plain = byte > ' ' && byte < 0x7f && byte != '%';
        page_add(page, plain ? "%c" : "%%%02x", byte);
    }
    page_add(page, "\n");
}

static void page_add_peer(
    page_t *page, const report_context_t *context, const skr_conn_info_t *info) {
    const char *who = context->role == SKR_CLIENT ? "server" : "client";
    if (info->peer_scheme != 0) {
        page_add(page, "  the %s signed with %s\n", who, info->scheme_name);
    }
    if (info->psk_identity.data != NULL) {
        page_add(page, "  the %s knows the pre-shared key of ", who);
        page_add_identity(page, info->psk_identity);
    } else if (info->peer_verified && context->name != NULL) {
        page_add(page, "  the %s is verified as %s\n", who, context->name);
    } else if (info->peer_verified) {
        page_add(page, "  the %s is verified\n", who);
    } else if (context->role == SKR_CLIENT) {
        page_add(page, "  THE SERVER IS NOT VERIFIED: this may be anybody\n");
    } else {
        page_add(page, "  the client is not verified\n");
    }
}

void report_connection(const report_context_t *context, const skr_conn_t *conn,
    int64_t microseconds, char *text, size_t size) {
    skr_conn_info_t info;
    page_t page = {text, size, 0};
    skr_conn_info(conn, &info);
    text[0] = '\0';
    page_add(&page, "TLS 1.%c with %s: %s%s%s%s\n", info.version == SKR_TLS12 ? '2' : '3',
        context->peer, info.suite_name, info.group_name[0] != '\0' ? ", " : "", info.group_name,
        info.retried ? " (after a HelloRetryRequest)" : "");
    if (info.resumed) {
        page_add(&page, "  resumed: an earlier session vouches for who it is\n");
    }
    page_add_peer(&page, context, &info);
    if (info.alpn.data != NULL) {
        page_add(&page, "  application protocol: %.*s\n", (int)info.alpn.size,
            (const char *)info.alpn.data);
    }
    page_add(&page, "  handshake: %lld.%lld ms, %llu bytes sent, %llu received\n",
        (long long)microseconds / 1000, (long long)microseconds / 100 % 10,
        (unsigned long long)info.bytes_out, (unsigned long long)info.bytes_in);
}

// Reads a data file of RFC 8448.
//
// In: the file's name. Out: a trace_t whose views look at its own bytes.
// Every line is one of those that rfc8448/extract.py writes; anything else fails the test, so that
// no value is left out unseen.
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "trace.h"

static const char *const epoch_names[] = {"plain", "early", "handshake", "application"};

const char *trace_epoch_name(trace_epoch_t epoch) {
    return epoch_names[epoch];
}

static skr_view_t trace_hex(trace_t *trace, const char *text) {
    skr_view_t view = {trace->bytes + trace->used, 0};
    for (; text[0] != 0; text += 2) {
        unsigned byte = 0;
        assert_int_equal(sscanf(text, "%2x", &byte), 1);
        assert_true(trace->used < TRACE_BYTES && text[1] != 0);
        trace->bytes[trace->used++] = (uint8_t)byte;
        view.size++;
    }
    return view;
}

static char *next_word(char **rest) {
    char *word = *rest;
    char *end = word + strcspn(word, " \n");
    assert_true(end > word);
    *rest = *end == 0 ? end : end + 1;
    *end = 0;
    return word;
}

static void copy_name(char *to, size_t size, const char *from) {
    assert_true(strlen(from) < size);
    memcpy(to, from, strlen(from) + 1);
}

static trace_epoch_t read_epoch(const char *word) {
    size_t epoch = 0;
    while (strcmp(epoch_names[epoch], word) != 0) {
        epoch++;
        assert_true(epoch < sizeof(epoch_names) / sizeof(epoch_names[0]));
    }
    return (trace_epoch_t)epoch;
}

static void read_item(trace_t *trace, trace_item_t *item, char *rest, bool is_record) {
    const char *sender = next_word(&rest);
    item->by_client = strcmp(sender, "client") == 0;
    assert_true(item->by_client || strcmp(sender, "server") == 0);
    if (is_record) {
        item->epoch = read_epoch(next_word(&rest));
    }
    copy_name(item->type, sizeof(item->type), next_word(&rest));
    if (is_record) {
        item->payload = trace_hex(trace, next_word(&rest));
    }
    item->bytes = trace_hex(trace, next_word(&rest));
    assert_string_equal(rest, "");
}

static void read_line(trace_t *trace, char *rest) {
    const char *word = next_word(&rest);
    if (strcmp(word, "message") == 0) {
        assert_true(trace->message_count < TRACE_MESSAGES);
        read_item(trace, &trace->messages[trace->message_count++], rest, false);
    } else if (strcmp(word, "record") == 0) {
        assert_true(trace->record_count < TRACE_RECORDS);
        read_item(trace, &trace->records[trace->record_count++], rest, true);
    } else {
        assert_true(trace->value_count < TRACE_VALUES);
        trace_value_t *value = &trace->values[trace->value_count++];
        copy_name(value->name, sizeof(value->name), word);
        value->value = trace_hex(trace, next_word(&rest));
    }
}

void trace_read(trace_t *trace, const char *name) {
    static char line[8192];
    char path[512];
    memset(trace, 0, sizeof(*trace));
    snprintf(path, sizeof(path), "%s/vectors/rfc8448/%s.txt", SKERRY_TESTS_DIR, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("can't open %s", path);
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        assert_non_null(strchr(line, '\n'));
        if (line[0] != '#') {
            read_line(trace, line);
        }
    }
    fclose(file);
    assert_true(trace->value_count > 0);
}

static const trace_value_t *find_value(const trace_t *trace, const char *name) {
    for (size_t i = 0; i < trace->value_count; i++) {
        if (strcmp(trace->values[i].name, name) == 0) {
            return &trace->values[i];
        }
    }
    return NULL;
}

skr_view_t trace_get(const trace_t *trace, const char *name) {
    const trace_value_t *value = find_value(trace, name);
    if (value == NULL) {
        fail_msg("the trace has no %s", name);
    }
    return value->value;
}

bool trace_has(const trace_t *trace, const char *name) {
    return find_value(trace, name) != NULL;
}

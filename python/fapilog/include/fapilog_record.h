/* Reading records in C, and building changed ones. Everything is checked: no batch can make these
 * functions read outside of it. The layout: docs/specs/record-frame.md. */
#ifndef FAPILOG_RECORD_H
#define FAPILOG_RECORD_H

#include <string.h>

#include "fapilog_plugin.h"

#define FAPILOG_HEADER_BYTES 16u
#define FAPILOG_LEVEL_AT 4u
#define FAPILOG_FLAGS_AT 5u
#define FAPILOG_MICROS_AT 8u
#define FAPILOG_FLAT 1u
#define FAPILOG_MAY_REPEAT 2u
#define FAPILOG_MAX_DEPTH 64u
#define FAPILOG_MAX_BYTES 4194304u

enum {
    FAPILOG_NULL = 0,
    FAPILOG_FALSE = 1,
    FAPILOG_TRUE = 2,
    FAPILOG_INT = 3,
    FAPILOG_BIG_INT = 4,
    FAPILOG_FLOAT = 5,
    FAPILOG_STR = 6,
    FAPILOG_LIST = 7,
    FAPILOG_MAP = 8
};

/* UTF-8 without a zero at its end. */
typedef struct fapilog_text {
    const char *bytes;
    size_t length;
} fapilog_text;

/* What was not read yet. */
typedef struct fapilog_cursor {
    const uint8_t *at;
    size_t left;
} fapilog_cursor;

/* A key and its value; `all` is both as they stand in the frame. */
typedef struct fapilog_field {
    fapilog_text key;
    fapilog_cursor value;
    fapilog_cursor all;
} fapilog_field;

/* A record; a flat one has its logger and message among the fields, and here as far as they are
 * texts. */
typedef struct fapilog_record {
    fapilog_cursor frame;
    uint8_t level;
    uint8_t flags;
    int64_t micros;
    fapilog_text logger;
    fapilog_text message;
    fapilog_cursor fields;
} fapilog_record;

static inline uint32_t fapilog_read_u32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t fapilog_read_u64(const uint8_t *at) {
    return (uint64_t)fapilog_read_u32(at) | (uint64_t)fapilog_read_u32(at + 4) << 32;
}

static inline uint8_t *fapilog_write_u32(uint8_t *at, uint32_t number) {
    for (int byte = 0; byte < 4; byte++) at[byte] = (uint8_t)(number >> (8 * byte));
    return at + 4;
}

static inline int fapilog_text_is(fapilog_text text, const char *expected) {
    return text.length == strlen(expected) &&
           (text.length == 0 || memcmp(text.bytes, expected, text.length) == 0);
}

/* Takes so many bytes; 0 when they are not there. */
static inline int fapilog_take(fapilog_cursor *from, size_t bytes, const uint8_t **taken) {
    if (from->left < bytes) return 0;
    *taken = from->at;
    from->at += bytes;
    from->left -= bytes;
    return 1;
}

/* The next text; 0 when it is not whole. */
static inline int fapilog_next_text(fapilog_cursor *from, fapilog_text *text) {
    const uint8_t *length, *bytes;
    if (!fapilog_take(from, 4, &length)) return 0;
    if (!fapilog_take(from, fapilog_read_u32(length), &bytes)) return 0;
    text->bytes = (const char *)bytes;
    text->length = fapilog_read_u32(length);
    return 1;
}

/* The next value, tag first; 0 when it is not whole. */
static inline int fapilog_next_value(fapilog_cursor *from, fapilog_cursor *value) {
    const uint8_t *tag, *skipped;
    fapilog_text text;
    fapilog_cursor rest = *from;
    if (!fapilog_take(&rest, 1, &tag)) return 0;
    switch (*tag) {
        case FAPILOG_NULL: case FAPILOG_FALSE: case FAPILOG_TRUE: break;
        case FAPILOG_INT: case FAPILOG_FLOAT:
            if (!fapilog_take(&rest, 8, &skipped)) return 0;
            break;
        case FAPILOG_BIG_INT: case FAPILOG_STR: case FAPILOG_LIST: case FAPILOG_MAP:
            if (!fapilog_next_text(&rest, &text)) return 0;
            break;
        default: return 0;
    }
    value->at = from->at;
    value->left = from->left - rest.left;
    *from = rest;
    return 1;
}

/* The next field; 0 at the end, and before one that is not whole. */
static inline int fapilog_next_field(fapilog_cursor *from, fapilog_field *field) {
    fapilog_cursor rest = *from;
    if (!fapilog_next_text(&rest, &field->key)) return 0;
    if (!fapilog_next_value(&rest, &field->value)) return 0;
    field->all.at = from->at;
    field->all.left = from->left - rest.left;
    *from = rest;
    return 1;
}

/* A value as text; 0 when it is something else. */
static inline int fapilog_as_text(fapilog_cursor value, fapilog_text *text) {
    if (value.left == 0 || *value.at != FAPILOG_STR) return 0;
    value.at++, value.left--;
    return fapilog_next_text(&value, text);
}

/* A value as integer of 64 bits; 0 when it is something else. */
static inline int fapilog_as_int(fapilog_cursor value, int64_t *number) {
    if (value.left != 9 || *value.at != FAPILOG_INT) return 0;
    *number = (int64_t)fapilog_read_u64(value.at + 1);
    return 1;
}

/* The last field of a key, which is the one that counts; 0 when there is none. */
static inline int fapilog_get(const fapilog_record *record, const char *key, fapilog_field *found) {
    fapilog_cursor rest = record->fields;
    fapilog_field field;
    int is_there = 0;
    while (fapilog_next_field(&rest, &field))
        if (fapilog_text_is(field.key, key)) *found = field, is_there = 1;
    return is_there;
}

static inline fapilog_cursor fapilog_records(const fapilog_batch *batch) {
    fapilog_cursor all = {batch->bytes, batch->length};
    return all;
}

/* The next record of a batch; 0 at the end, and before one that is not whole. */
static inline int fapilog_next_record(fapilog_cursor *batch, fapilog_record *record) {
    const uint8_t *header;
    fapilog_cursor rest = *batch;
    fapilog_field field;
    if (!fapilog_take(&rest, FAPILOG_HEADER_BYTES, &header)) return 0;
    uint32_t length = fapilog_read_u32(header);
    if (length < FAPILOG_HEADER_BYTES || length > batch->left) return 0;
    memset(record, 0, sizeof *record);
    record->frame.at = batch->at;
    record->frame.left = length;
    record->level = header[FAPILOG_LEVEL_AT];
    record->flags = header[FAPILOG_FLAGS_AT];
    record->micros = (int64_t)fapilog_read_u64(header + FAPILOG_MICROS_AT);
    record->fields.at = rest.at;
    record->fields.left = length - FAPILOG_HEADER_BYTES;
    if (record->flags & FAPILOG_FLAT) {
        if (fapilog_get(record, "logger", &field)) fapilog_as_text(field.value, &record->logger);
        if (fapilog_get(record, "message", &field)) fapilog_as_text(field.value, &record->message);
    } else {
        if (!fapilog_next_text(&record->fields, &record->logger)) return 0;
        if (!fapilog_next_text(&record->fields, &record->message)) return 0;
    }
    batch->at += length;
    batch->left -= length;
    return 1;
}

/* Puts a record in its place that has one more field, whose value is a text; not 0 on a failure.
 * The key must not be there already, nor be one that every record has. */
static inline int32_t fapilog_add_text(const fapilog_output *output, uint32_t number,
                                       const fapilog_record *record, fapilog_text key,
                                       fapilog_text value) {
    size_t more = 9 + key.length + value.length;
    if (more > FAPILOG_MAX_BYTES) return output->fail(output->host, number);
    uint8_t *frame = output->reserve(output->host, record->frame.left + more);
    if (frame == NULL) return output->fail(output->host, number);
    memcpy(frame, record->frame.at, record->frame.left);
    uint8_t *at = fapilog_write_u32(frame + record->frame.left, (uint32_t)key.length);
    memcpy(at, key.bytes, key.length);
    at += key.length;
    *at++ = FAPILOG_STR;
    at = fapilog_write_u32(at, (uint32_t)value.length);
    memcpy(at, value.bytes, value.length);
    fapilog_write_u32(frame, (uint32_t)(record->frame.left + more));
    return output->replace(output->host, number, record->frame.left + more);
}

/* Writes what went wrong, for the host to show; 1, to be returned. */
static inline int32_t fapilog_say(fapilog_error *error, const char *text) {
    size_t length = strlen(text);
    if (length > error->capacity) length = error->capacity;
    memcpy(error->text, text, length);
    error->length = length;
    return 1;
}

#endif

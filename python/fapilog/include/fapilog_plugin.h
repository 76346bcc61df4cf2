/* The native plugin ABI of fapilog, version 1. What it means: docs/specs/native-abi.md. */
#ifndef FAPILOG_PLUGIN_H
#define FAPILOG_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FAPILOG_ABI_VERSION 1u

enum {
    FAPILOG_FILTER = 1,
    FAPILOG_ENRICHER = 2,
    FAPILOG_PROCESSOR = 3,
    FAPILOG_REDACTOR = 4,
    FAPILOG_SINK = 5
};

enum { FAPILOG_FRAMES = 0, FAPILOG_TEXT = 1 };

/* Where a plugin writes what went wrong: UTF-8, at most `capacity` bytes. */
typedef struct fapilog_error {
    uint8_t *text;
    size_t capacity;
    size_t length;
} fapilog_error;

/* Records in order, in memory of the host. */
typedef struct fapilog_batch {
    uint32_t version;
    uint32_t size;
    uint32_t records;
    uint32_t reserved;
    const uint8_t *bytes;
    size_t length;
} fapilog_batch;

/* What a stage says of records, by their numbers; the others go on as they are. */
typedef struct fapilog_output {
    uint32_t version;
    uint32_t size;
    void *host;
    int32_t (*drop)(void *host, uint32_t record);
    int32_t (*fail)(void *host, uint32_t record);
    uint8_t *(*reserve)(void *host, size_t bytes);
    int32_t (*replace)(void *host, uint32_t record, size_t bytes);
} fapilog_output;

typedef struct fapilog_plugin {
    uint32_t abi_version;
    uint32_t size;
    uint32_t kind;
    uint32_t input;
    const char *name;
    void *(*create)(const uint8_t *config, size_t length, fapilog_error *error);
    int32_t (*start)(void *plugin, fapilog_error *error);
    int32_t (*process)(void *plugin, const fapilog_batch *batch, const fapilog_output *output,
                       fapilog_error *error);
    int32_t (*write)(void *plugin, const fapilog_batch *batch, uint32_t *taken,
                     fapilog_error *error);
    int32_t (*stop)(void *plugin, fapilog_error *error);
    void (*destroy)(void *plugin);
} fapilog_plugin;

/* What a library exports. The table lives as long as the process. */
const fapilog_plugin *fapilog_plugin_v1(void);

#ifdef __cplusplus
}
#endif

#endif

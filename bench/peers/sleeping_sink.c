/* A sink that sleeps 10 ms in each write, without Python's lock: what a slow disk or peer is to a
 * caller. Writes one line feed a record. */
#include "fapilog_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The configuration is {"path":"…"}: what stands in the third pair of quotes' place. */
static void *create(const uint8_t *config, size_t length, fapilog_error *error) {
    (void)error;
    char text[4096] = {0};
    if (length >= sizeof text) return NULL;
    memcpy(text, config, length);
    char *path = strstr(text, "/");
    char *end = path == NULL ? NULL : strchr(path, '"');
    if (end == NULL) return NULL;
    *end = 0;
    return fopen(path, "a");
}

static int32_t write_slowly(void *plugin, const fapilog_batch *batch, uint32_t *taken,
                            fapilog_error *error) {
    (void)error;
    usleep(10 * 1000);
    for (uint32_t record = 0; record < batch->records; record++) fputc('\n', plugin);
    *taken = batch->records;
    return 0;
}

static void destroy(void *plugin) { fclose(plugin); }

static const fapilog_plugin table = {
    FAPILOG_ABI_VERSION, sizeof(fapilog_plugin), FAPILOG_SINK, FAPILOG_FRAMES, "sleeping",
    create, NULL, NULL, write_slowly, NULL, destroy};

const fapilog_plugin *fapilog_plugin_v1(void) { return &table; }

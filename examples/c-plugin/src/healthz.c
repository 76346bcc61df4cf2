/* A filter that drops the records of health checks: those whose field `path` is the configured one. */
#include <stdlib.h>
#include <string.h>

#include "fapilog_plugin.h"
#include "fapilog_record.h"

enum { PATH_BYTES = 256 };

typedef struct healthz {
    char path[PATH_BYTES];
} healthz;

/* Finds the value of the only option in `{"path": "/up"}`: 1 when it is there, 0 when the object is
 * empty, -1 when it is anything else. A path needs no escapes, so none are accepted. */
static int read_path(const char *json, size_t length, char *path) {
    static const char before[] = "{\"path\":\"";
    char compact[PATH_BYTES + sizeof before];
    size_t used = 0;
    for (size_t at = 0; at < length; at++) {
        if (strchr(" \t\r\n", json[at]) != NULL) continue;
        if (used == sizeof compact - 1 || json[at] == '\\') return -1;
        compact[used++] = json[at];
    }
    compact[used] = 0;
    if (strcmp(compact, "{}") == 0) return 0;
    size_t head = sizeof before - 1;
    if (used < head + 2 || strncmp(compact, before, head) != 0) return -1;
    size_t end = used - 2;
    if (strcmp(compact + end, "\"}") != 0 || end == head || end - head >= PATH_BYTES) return -1;
    if (memchr(compact + head, '"', end - head) != NULL) return -1;
    memcpy(path, compact + head, end - head);
    path[end - head] = 0;
    return 1;
}

static void *create(const uint8_t *config, size_t length, fapilog_error *error) {
    healthz *made = calloc(1, sizeof *made);
    if (made == NULL) {
        fapilog_say(error, "no memory");
        return NULL;
    }
    strcpy(made->path, "/healthz");
    if (read_path((const char *)config, length, made->path) < 0) {
        fapilog_say(error, "expected nothing, or {\"path\": \"/a/path\"} of at most 255 bytes");
        free(made);
        return NULL;
    }
    return made;
}

static int32_t process(void *plugin, const fapilog_batch *batch, const fapilog_output *output,
                       fapilog_error *error) {
    const healthz *own = plugin;
    fapilog_cursor rest = fapilog_records(batch);
    for (uint32_t number = 0; number < batch->records; number++) {
        fapilog_record record;
        fapilog_field field;
        fapilog_text path;
        if (!fapilog_next_record(&rest, &record)) return fapilog_say(error, "no whole record");
        if (fapilog_get(&record, "path", &field) && fapilog_as_text(field.value, &path) &&
            fapilog_text_is(path, own->path) && output->drop(output->host, number))
            return fapilog_say(error, "the host did not take an answer");
    }
    return 0;
}

static void destroy(void *plugin) { free(plugin); }

static const fapilog_plugin table = {
    .abi_version = FAPILOG_ABI_VERSION,
    .size = sizeof table,
    .kind = FAPILOG_FILTER,
    .input = FAPILOG_FRAMES,
    .name = "healthz",
    .create = create,
    .process = process,
    .destroy = destroy,
};

const fapilog_plugin *fapilog_plugin_v1(void) { return &table; }

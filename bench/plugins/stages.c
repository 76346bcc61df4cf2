/* Processors to be measured: one does nothing, one writes every record anew with another value of the
 * field `sku`. -DPROCESS=name chooses. */
#include <stdlib.h>
#include <string.h>

#include "fapilog_record.h"

static void *create(const uint8_t *config, size_t length, fapilog_error *error) {
    (void)config, (void)length, (void)error;
    return malloc(1);
}

static inline int32_t nothing(void *plugin, const fapilog_batch *batch,
                              const fapilog_output *output, fapilog_error *error) {
    (void)plugin, (void)batch, (void)output, (void)error;
    return 0;
}

static inline int32_t rewrite(void *plugin, const fapilog_batch *batch,
                              const fapilog_output *output, fapilog_error *error) {
    (void)plugin;
    fapilog_cursor rest = fapilog_records(batch);
    fapilog_record record;
    for (uint32_t number = 0; number < batch->records; number++) {
        fapilog_field field;
        fapilog_text text;
        if (!fapilog_next_record(&rest, &record)) return fapilog_say(error, "no whole record");
        if (!fapilog_get(&record, "sku", &field) || !fapilog_as_text(field.value, &text)) continue;
        uint8_t *frame = output->reserve(output->host, record.frame.left);
        if (frame == NULL) return fapilog_say(error, "no memory");
        memcpy(frame, record.frame.at, record.frame.left);
        uint8_t *own = frame + ((const uint8_t *)text.bytes - record.frame.at);
        for (size_t at = 0; at < text.length; at++)
            if (own[at] >= 'a' && own[at] <= 'z') own[at] = (uint8_t)(own[at] - 32);
        if (output->replace(output->host, number, record.frame.left)) return 1;
    }
    return 0;
}

static const fapilog_plugin table = {
    .abi_version = FAPILOG_ABI_VERSION,
    .size = sizeof table,
    .kind = FAPILOG_PROCESSOR,
    .name = "measured",
    .create = create,
    .process = PROCESS,
    .destroy = free,
};

const fapilog_plugin *fapilog_plugin_v1(void) { return &table; }

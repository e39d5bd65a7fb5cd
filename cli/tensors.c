#include "cli/cli.h"

#include <string.h>

/* safetensors: the header's length in 8 bytes, the header in JSON, the numbers one after another; all little-endian. */
static void put_little(struct buffer *b, uint64_t bits, unsigned bytes)
{
    char s[8];
    for (unsigned i = 0; i < bytes; i++) s[i] = (char)(unsigned char)(bits >> 8 * i);
    buffer_putn(b, s, bytes);
}

static size_t elements(const struct tensor_out *t)
{
    size_t n = 1;
    for (unsigned i = 0; i < t->rank; i++) n *= (size_t)t->dims[i];
    return n;
}

static void put_element(struct buffer *b, const struct tensor_out *t, double x)
{
    float f = (float)x;
    uint32_t half;
    uint64_t whole;
    if (t->is_int) {
        put_little(b, (uint32_t)(int32_t)x, 4);
    } else if (t->f64) {
        memcpy(&whole, &x, sizeof whole);
        put_little(b, whole, 8);
    } else {
        memcpy(&half, &f, sizeof half);
        put_little(b, half, 4);
    }
}

void tensors_write(struct buffer *b, const struct tensor_out *t, size_t n)
{
    struct buffer head = {0};
    size_t at = 0;
    buffer_put(&head, "{");
    for (size_t i = 0; i < n; i++) {
        buffer_put(&head, i ? "," : "");
        buffer_json(&head, t[i].name);
        buffer_printf(&head, ":{\"dtype\":\"%s\",\"shape\":[", t[i].is_int ? "I32" : t[i].f64 ? "F64" : "F32");
        for (unsigned j = 0; j < t[i].rank; j++) buffer_printf(&head, "%s%lld", j ? "," : "", (long long)t[i].dims[j]);
        size_t end = at + elements(&t[i]) * (!t[i].is_int && t[i].f64 ? 8 : 4);
        buffer_printf(&head, "],\"data_offsets\":[%zu,%zu]}", at, end);
        at = end;
    }
    buffer_put(&head, "}");
    while (head.n % 8) buffer_put(&head, " "); /* the numbers begin aligned */
    put_little(b, head.n, 8);
    buffer_putn(b, head.s, head.n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0, count = elements(&t[i]); k < count; k++) put_element(b, &t[i], t[i].value[k]);
    buffer_free(&head);
}

/* IDX, the format of the MNIST files: two zero bytes, a type, a rank, big-endian sizes and elements. */
#include "runtime/host/host.h"

#include <stdio.h>

bool idx_read(const struct bytes *file, struct nngen_array *out, char why[ERROR_ROOM])
{
    static const struct {
        unsigned char code, size;
        char kind;
    } types[] = {{0x08, 1, 'u'}, {0x09, 1, 'i'}, {0x0b, 2, 'i'}, {0x0c, 4, 'i'}, {0x0d, 4, 'f'}, {0x0e, 8, 'f'}};
    const unsigned char *b = file->at;
    size_t type = 0, n = 1;
    *out = (struct nngen_array){0};
    snprintf(why, ERROR_ROOM, "it is no IDX file, or its header is cut off");
    if (file->n < 4 || b[0] || b[1]) return false;
    while (type < 6 && types[type].code != b[2]) type++;
    if (type == 6 || b[3] > NNGEN_RANK_MAX || file->n < 4 + 4 * (size_t)b[3]) return false;
    out->rank = b[3];
    for (unsigned k = 0; k < out->rank; k++) {
        out->dims[k] = (int64_t)number_from_bytes(b + 4 + 4 * k, 'u', 4, true);
        n = out->dims[k] && n > SIZE_MAX / (size_t)out->dims[k] ? SIZE_MAX : n * (size_t)out->dims[k];
    }
    const unsigned char *data = b + 4 + 4 * (size_t)out->rank;
    size_t size = types[type].size, bytes = file->n - 4 - 4 * (size_t)out->rank;
    snprintf(why, ERROR_ROOM, "its header promises %zu elements of %zu bytes, the file has %zu bytes", n, size, bytes);
    if (n != bytes / size || bytes % size) return false;
    if (!array_room(out, why)) return false;
    for (size_t i = 0; i < n; i++) out->value[i] = number_from_bytes(data + i * size, types[type].kind, (unsigned)size, true);
    return true;
}

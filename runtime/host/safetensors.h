/* The format .safetensors: eight bytes of length, a JSON header, the elements. Everything the header claims is checked before
 * anything is taken over. */
#ifndef NNGEN_HOST_SAFETENSORS_H
#define NNGEN_HOST_SAFETENSORS_H

#include "runtime/host/host.h"

struct tensor {
    const char *name; /* escapes as they stand in the file */
    size_t name_size;
    const char *dtype; /* "F32" */
    char kind;         /* 'f', 'i', 'u' as number_from_bytes has them, or 'b': bfloat16 */
    unsigned size;
    unsigned rank;
    int64_t dims[NNGEN_RANK_MAX];
    uint64_t begin, end; /* of its elements, after the header */
};

struct tensor_file {
    struct bytes file;
    const unsigned char *data;
    struct tensor *list; /* sorted by name */
    size_t n;
};

/* Whole, every claim of its header checked. False and a sentence; free it in either case. */
bool tensors_read(const char *path, struct tensor_file *f, char why[ERROR_ROOM]);
/* The same of bytes in memory, which become the file's. */
bool tensors_parse(struct bytes bytes, struct tensor_file *f, char why[ERROR_ROOM]);
void tensors_free(struct tensor_file *f);
const struct tensor *tensor_named(const struct tensor_file *f, const char *name);
size_t tensor_count(const struct tensor *t);
double tensor_number(const struct tensor_file *f, const struct tensor *t, size_t i);

/* One to be written: its elements are as they stand in memory. */
struct tensor_out {
    const char *name, *dtype;
    unsigned rank;
    int64_t dims[NNGEN_RANK_MAX];
    const void *at;
    size_t bytes;
};
/* The whole file, in malloc; metadata is a JSON object. False without memory. */
bool tensors_pack(const struct tensor_out *list, size_t n, const char *metadata, struct bytes *out);

#endif

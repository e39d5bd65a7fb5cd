#include "cli/cli.h"

#include <string.h>

int cmd_size(struct options *o)
{
    const char *path;
    struct nngen_program *p = NULL;
    int status = take_model(o, &path);
    if (!status && o->args.n) return cli_fail(STATUS_USAGE, NULL, "one model at a time: what is '%s'?", o->args.at[0]);
    if (!status && (status = load_program(o, path, &p)) && p) print_messages(o, p);
    if (!status) {
        size_t one = o->dtype && !strcmp(o->dtype, "f64") ? 8 : 4, count = nngen_parameters(p), work = nngen_work_bytes(p);
        unsigned long long products = nngen_multiply_adds(p);
        printf(o->json ? "{\"parameters\": %zu, \"parameter_bytes\": %zu, \"work_bytes\": %zu, \"multiply_adds\": %llu}\n"
                       : "parameters      %zu\nparameter bytes %zu\nwork bytes      %zu\nmultiply-adds   %llu\n",
               count, count * one, work, products);
    }
    nngen_program_free(p);
    return status;
}

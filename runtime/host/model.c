/* A model: a program's code with its numbers. Making one, and putting numbers in and getting them out. */
#include "runtime/host/host.h"
#include "runtime/host/team.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGE_ALIGN = 64 };

int model_fail(struct nngen_model *m, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(m->error, sizeof m->error, fmt, ap);
    va_end(ap);
    return -1;
}

void model_reads(const struct nngen_model *m)
{
    pthread_rwlock_rdlock(&m->owner->tables);
}

void model_has_read(const struct nngen_model *m)
{
    pthread_rwlock_unlock(&m->owner->tables);
}

/* ---- life ---- */

/* Zero bytes, aligned for vectors. Untouched pages of a large one cost nothing, which aligned_alloc and memset would not
 * promise. False without memory. */
static bool image_new(struct image *i, size_t size)
{
    if (size > SIZE_MAX / 2 || !(i->block = calloc(1, size + IMAGE_ALIGN))) return false;
    i->at = (unsigned char *)i->block + (IMAGE_ALIGN - (uintptr_t)i->block % IMAGE_ALIGN) % IMAGE_ALIGN;
    return true;
}

/* Empty, over this code. NULL without memory. */
struct nngen_model *model_make(struct nngen_program *owner, const struct code *code, bool single)
{
    const struct ir_program *p = code->program;
    const struct abi *abi = code->abi;
    struct nngen_model *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->owner = owner;
    m->program = p;
    m->code = m->first = code;
    m->single = single;
    m->real_bytes = single ? sizeof(float) : sizeof(double);
    m->last = -1;
    m->dim = calloc((size_t)p->dims.n + 1, sizeof *m->dim);
    m->now = calloc((size_t)p->dims.n + 1, sizeof *m->now);
    m->input = calloc((size_t)p->inputs.n + 1, sizeof *m->input);
    m->output = calloc((size_t)p->outputs.n + p->wrt.n + 1, sizeof *m->output);
    m->rows.input = calloc((size_t)p->inputs.n + 1, sizeof *m->rows.input);
    m->course.sum = calloc((size_t)p->outputs.n + 1, sizeof *m->course.sum);
    bool there = m->dim && m->now && m->input && m->output && m->rows.input && m->course.sum && image_new(&m->images[0], abi->params.size) &&
                 image_new(&m->images[1], abi->params.size) && image_new(&m->images[2], abi->inputs.size) &&
                 image_new(&m->images[3], abi->outputs.size) && image_new(&m->images[4], abi->opt.size) &&
                 image_new(&m->images[5], abi->state.size) && image_new(&m->images[6], code->work_bytes);
    m->params = m->images[0].at;
    m->gradients = m->images[1].at;
    m->inputs = m->images[2].at;
    m->outputs = m->images[3].at;
    m->opt = m->images[4].at;
    m->state = m->images[5].at;
    m->work = m->images[6].at;
    m->work_bytes = code->work_bytes;
    if (there && model_load_samples(m)) return m;
    nngen_model_free(m);
    return NULL;
}

bool model_work_room(struct nngen_model *m, size_t bytes)
{
    struct image wider;
    if (!image_new(&wider, bytes)) return false;
    free(m->images[6].block);
    m->images[6] = wider;
    m->work = wider.at;
    m->work_bytes = bytes;
    return true;
}

struct making {
    enum nngen_backend backend;
    bool single;
    struct nngen_model *model;
};

/* The program keeps the code it made: the next model of the same kind is only memory. */
static void make_model(struct nngen_program *p, void *with)
{
    struct making *q = with;
    char why[ERROR_ROOM] = "out of memory";
    struct code **kept = &p->code[q->backend][q->single];
    if (!*kept) *kept = code_new(p, p->k.program, p->k.entries, q->backend, q->single, why);
    if (*kept) q->model = model_make(p, *kept, q->single);
    if (q->model) q->model->asked = q->backend;
    if (q->model && q->backend == NNGEN_AUTO && (*kept)->backend == &backend_tcc) {
        tier_plan(p, *kept, q->single);
        q->model->tier = &p->tier[q->single];
    }
    if (q->model)
        q->model->seconds = p->seconds + (*kept)->seconds;
    else
        program_complain(p, *kept ? "out of memory" : why);
}

struct nngen_model *nngen_model_new(struct nngen_program *p, enum nngen_backend backend, int f64)
{
    if (!nngen_ok(p) || (unsigned)backend >= BACKENDS) return NULL;
    struct making q = {.backend = backend, .single = !f64};
    if (p->built && !p->built_abi->single) q.single = false; /* in double, asked for or not */
    program_try(p, make_model, &q);
    return q.model;
}

void nngen_model_free(struct nngen_model *m)
{
    if (!m) return;
    for (uint32_t i = 0; m->input && i < m->program->inputs.n; i++) free(m->input[i].own);
    for (uint32_t i = 0; m->output && i < m->program->outputs.n + m->program->wrt.n; i++) free(m->output[i].own);
    free(m->dim);
    free(m->now);
    free(m->input);
    free(m->output);
    rows_free(m);
    free(m->course.sum);
    for (int i = 0; i < IMAGES; i++) free(m->images[i].block);
    code_free(m->own_code);
    nngen_model_free(m->updater);
    team_free(m->team);
    free(m);
}

enum nngen_backend nngen_model_backend(const struct nngen_model *m)
{
    return m ? m->code->backend->kind : NNGEN_AUTO;
}

int nngen_is_f64(const struct nngen_model *m)
{
    return m && !m->single;
}

double nngen_ready_seconds(const struct nngen_model *m)
{
    return m ? m->seconds : 0;
}

const char *nngen_error(const struct nngen_model *m)
{
    return m ? m->error : "out of memory";
}

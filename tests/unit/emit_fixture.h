/* What the tests of the emitter's room share: programs from text. */
#include "codegen/compile.h"
#include "codegen/emit/carry.h"
#include "codegen/emit/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct context ctx;
static jmp_buf oom;

static int set_up(void **state)
{
    (void)state;
    if (setjmp(oom)) fail_msg("out of memory");
    context_init(&ctx, &oom);
    for (int i = 0; i < 2; i++) ctx.scratch[i].oom = &oom;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    context_free(&ctx);
    return 0;
}

static struct compilation compiled(const char *text)
{
    static const struct lower_options options = {.stem = "t", .path = "t.nn"};
    struct compilation k;
    struct text why = text_new(&ctx.arena);
    if (!compile(&ctx, "t.nn", text, strlen(text), &options, &k)) {
        diags_print(&ctx.diags, DIAG_SHORT, false, &why);
        fail_msg("%s", why.s);
    }
    return k;
}

static struct emitted emitted(const char *text, enum emit_style style, bool single)
{
    struct compilation k = compiled(text);
    struct emit_options o = {.style = style, .single = single};
    struct emitted e;
    emit(k.program, k.entries, &o, &e);
    return e;
}

static void assert_says(const char *text, const char *what)
{
    if (!strstr(text, what)) fail_msg("'%s' is not said in:\n%s", what, text);
}

static void assert_silent(const char *text, const char *what)
{
    if (strstr(text, what)) fail_msg("'%s' is said in:\n%s", what, text);
}

static struct unit *planned(const struct compilation *k, int kind)
{
    static const struct emit_options o = {.single = true};
    static struct calls calls;
    return emit_unit_new(k->program, &k->entries[kind], NULL, &o, abi_new(k->program, true), "t", &calls);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* The installed library on its own: text to a gradient. */
#include <nngen.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    static const char text[] = "input x = 3\ny = x ** 2 + x\noutput y\n";
    struct nngen_program *p = nngen_compile_text(text, strlen(text), "square", NULL);
    if (!nngen_ok(p)) return fputs(nngen_messages(p, NNGEN_FULL, 0), stderr), 1;
    struct nngen_model *m = nngen_model_new(p, NNGEN_AUTO, 1);
    if (!m || nngen_init(m, 1) || nngen_grad(m)) return 1;
    printf("y = %g, dy/dx = %g\n", nngen_scalar(m, "y"), nngen_scalar(m, "d_x"));
    int wrong = nngen_scalar(m, "y") != 12 || nngen_scalar(m, "d_x") != 7;
    nngen_model_free(m);
    nngen_program_free(p);
    return wrong;
}

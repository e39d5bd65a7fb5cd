/* What a shell needs to complete command lines, made of the same tables as --help. */
#include "cli/cli.h"

#include <string.h>

static const char *const shells[] = {"bash", "fish", "zsh", NULL};

static void put_commands(const char *between)
{
    for (const struct command *c = commands + 1; c->name; c++) printf("%s%s", c == commands + 1 ? "" : between, c->name);
}

/* "f32|f64" as "f32 f64" */
static void put_choices(const char *value)
{
    for (; *value; value++) putchar(*value == '|' ? ' ' : *value);
}

/* Inside of '...', with a backslash before each of `special`. */
static void put_quoted(const char *s, const char *special)
{
    for (; *s; s++) {
        if (strchr(special, *s)) putchar('\\');
        if (*s == '\'')
            printf("'\\''");
        else
            putchar(*s);
    }
}

static void print_bash(void)
{
    struct option_view v;
    printf("# Completes command lines of nngen in bash.\n_nngen()\n{\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=\n"
           "    COMPREPLY=()\n"
           "    [ \"$cur\" != = ] || cur=\n"
           "    [ \"$prev\" != = ] || prev=${COMP_WORDS[COMP_CWORD-2]}\n"
           "    case $command in\n    ");
    put_commands("|");
    printf(") ;;\n    *) command= ;;\n    esac\n    case \"$command $prev\" in\n");
    for (const struct command *c = commands; c->name; c++)
        for (size_t i = 0; options_next(c->bit, &i, &v);)
            if (v.chosen) {
                printf("    '%s %s') words='", c->name, v.spelling);
                put_choices(v.value);
                printf("' ;;\n");
            }
    printf("    esac\n    if [ -z \"$words\" ]; then\n        case \"$command $cur\" in\n");
    for (const struct command *c = commands; c->name; c++) {
        printf("        '%s -'*) words='", c->name);
        for (size_t i = 0; options_next(c->bit, &i, &v);) printf("%s ", v.spelling);
        printf("%s' ;;\n", *c->name ? "" : "--version");
    }
    printf("        *) [ \"$COMP_CWORD\" != 1 ] || words='");
    put_commands(" ");
    printf("' ;;\n        esac\n    fi\n    [ -z \"$words\" ] || COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
           "complete -o default -F _nngen nngen\n");
}

static void print_fish(void)
{
    struct option_view v;
    printf("# Completes command lines of nngen in fish.\n");
    for (const struct command *c = commands + 1; c->name; c++) {
        printf("complete -c nngen -n __fish_use_subcommand -a %s -d '", c->name);
        put_quoted(c->does, "\\");
        printf("'\n");
    }
    for (const struct command *c = commands; c->name; c++)
        for (size_t i = 0; options_next(c->bit, &i, &v);) {
            printf("complete -c nngen -n '%s__fish_seen_subcommand_from ", *c->name ? "" : "not ");
            if (*c->name)
                printf("%s", c->name);
            else
                put_commands(" ");
            printf("' -%s %s", v.spelling[1] == '-' ? "l" : v.spelling[2] ? "o" : "s", v.spelling + (v.spelling[1] == '-' ? 2 : 1));
            if (v.chosen) {
                printf(" -x -a '");
                put_choices(v.value);
                printf("'");
            } else if (v.value) {
                printf(" -r");
            }
            printf(" -d '");
            put_quoted(v.help, "\\");
            printf("'\n");
        }
}

static void print_zsh(void)
{
    struct option_view v;
    printf("#compdef nngen\n# Completes command lines of nngen in zsh.\n_nngen() {\n  local -a commands\n  commands=(\n");
    for (const struct command *c = commands + 1; c->name; c++) {
        printf("    '%s:", c->name);
        put_quoted(c->does, "\\:");
        printf("'\n");
    }
    printf("  )\n  case $words[2] in\n");
    for (const struct command *c = commands + 1;; c++) {
        if (!c->name) c = commands; /* last: what is none of the others */
        printf("  %s)\n%s    _arguments", *c->name ? c->name : "*",
               *c->name ? "" : "    (( CURRENT == 2 )) && _describe command commands\n");
        for (size_t i = 0; options_next(c->bit, &i, &v);) {
            bool equal = v.value && v.spelling[1] == '-';
            printf(" \\\n      '*%s%s[", v.spelling, equal ? "=" : v.value ? "+" : "");
            put_quoted(v.help, "\\[]:");
            printf("]");
            if (v.value) printf(":");
            if (v.value) put_quoted(v.chosen ? "value" : v.value, "\\:");
            if (v.chosen) {
                printf(":(");
                put_choices(v.value);
                printf(")");
            } else if (v.value) {
                printf(":_files");
            }
            printf("'");
        }
        printf(" \\\n      '*:file:_files'\n    ;;\n");
        if (!*c->name) break;
    }
    printf("  esac\n}\n_nngen \"$@\"\n");
}

int print_completion(const char *shell)
{
    static void (*const print[])(void) = {print_bash, print_fish, print_zsh};
    for (size_t i = 0; shells[i]; i++)
        if (!strcmp(shells[i], shell)) {
            print[i]();
            return STATUS_OK;
        }
    const char *help = did_you_mean(shell, shells, 3);
    return cli_fail(STATUS_USAGE, help ? help : "it is bash, fish or zsh", "there is no completion for the shell '%s'", shell);
}

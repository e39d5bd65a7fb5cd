/* The grammar of .nn files: LALR(1), no conflicts. Actions build nodes and nothing else; what a name means, and which
 * statement may stand where, is for lowering. Statement ends and balanced brackets are the filter's work. */
%require "3.8"
%define api.pure full
%define api.prefix {nngen_yy}
%define api.token.prefix {TOK_}
%define api.value.type union
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct parser *p}
%initial-action { @$ = (struct span){p->file->base, p->file->base}; }

%code requires {
#include "grammar/ast.h"
struct parser;
}

%code {
#include "grammar/filter.h"
#include "grammar/tree.h"

#include <string.h>

#define YYLLOC_DEFAULT(now, rhs, n)                                                                                    \
    ((now) = (n) ? (struct span){YYRHSLOC(rhs, 1).lo, YYRHSLOC(rhs, n).hi}                                             \
                 : (struct span){YYRHSLOC(rhs, 0).hi, YYRHSLOC(rhs, 0).hi})

/* Nodes with their parts; an absent part is NULL. */
#define NODE(kind, at, ...) tree_node(p, AST_##kind, at, KIDS(__VA_ARGS__))
#define NAMED(kind, at, name, where, ...) tree_named(p, AST_##kind, at, name, where, KIDS(__VA_ARGS__))
#define KIDS(...) (struct ast *[]){__VA_ARGS__}, sizeof((struct ast *[]){__VA_ARGS__}) / sizeof(struct ast *)
#define LEAF(kind, at) ast_new(p->c, AST_##kind, at)
#define NAMED_LEAF(kind, at, name, where) tree_named(p, AST_##kind, at, name, where, NULL, 0)
#define ADD(list, kid) ast_add(p->c, list, kid)
#define BINARY(op, at, left, right) tree_binary(p, op, at, left, right)

static void nngen_yyerror(const struct span *at, struct parser *p, const char *text);
static ptrdiff_t more_room(struct parser *p, ptrdiff_t size);
static void *regrown(struct parser *p, const void *stack, ptrdiff_t used, size_t each, ptrdiff_t size);
/* The parser's stack grows in the arena, so that nothing is lost when memory runs out. */
#define yyoverflow(text, states, nstates, values, nvalues, spans, nspans, size)                                        \
    (*(size) = more_room(p, *(size)), *(states) = regrown(p, *(states), nstates, sizeof **(states), *(size)),          \
     *(values) = regrown(p, *(values), nvalues, sizeof **(values), *(size)),                                           \
     *(spans) = regrown(p, *(spans), nspans, sizeof **(spans), *(size)))
}

%token FILE_END 0 "the end of the file"
%token END "the end of the statement"
%token <const char *> ID "a name"
%token <struct ast *> NUM "a number"
%token <const char *> STR "a string"
%token <const char *>
    ADJOINT "adjoint" CARRY "carry" CHECKPOINT "checkpoint" COLLECT "collect" CONST "const" DIM "dim" FN "fn"
    IMPORT "import" INPUT "input" LAYER "layer" LOSS "loss" MODEL "model" OPTIMIZER "optimizer" OUTPUT "output"
    PARAM "param" STATE "state" TEST "test" TRAIN "train" WRT "wrt"
%token AND "and" AS "as" ELSE "else" EXPECT "expect" FOR "for" IF "if" IN "in" NOT "not" OR "or" REPEAT "repeat"
    RETURN "return"
%token DERIV "d(" LPAREN "(" RPAREN ")" LBRACKET "[" RBRACKET "]" LBRACE "{" RBRACE "}"
%token COMMA "," COLON ":" ASSIGN "=" UPDATE "<-" TOLERANCE "+-" ARROW "->" PIPE "|>" DOT "." DOTS ".." DROP "_"
%token PLUS "+" MINUS "-" TIMES "*" DIVIDE "/" MATMUL "@" POWER "**"
%token LESS "<" LESS_EQUAL "<=" GREATER ">" GREATER_EQUAL ">=" EQUAL "==" UNEQUAL "!="
%token SEMICOLON ";" /* for the filter only */

%left "or"
%left "and"
%precedence "not"
%nonassoc "<" "<=" ">" ">=" "==" "!="
%left "+" "-"
%left "*" "/" "@"
%precedence SIGN
%right "**"

%nterm <const char *> name any_name
%nterm <struct ast *> file stmts stmt broken block dims dim_one decls decl sizes in_dim value outs out paths path train_pipe
    targets target function body adjoint names parameters parameter_list parameter repeat for range checkpoint carries
    carry_list carry collect if tolerance exprs expr pipeline named step operation postfix call atom arguments
    argument_list argument bracket items item limit

%%

file: stmts { p->tree = tree_as($stmts, AST_file, @$); }

stmts:
  %empty                    { $$ = LEAF(block, @$); }
| stmts[all] END
| stmts[all] stmt END       { $$ = ADD($all, tree_sound(p, $stmt)); }
| stmts[all] error END      { $$ = ADD($all, tree_error(p, NULL)); yyerrok; }
| stmts[all] broken END     { $$ = ADD($all, tree_error(p, $broken)); yyerrok; }

/* The block after a broken header is read for its own mistakes. */
broken:
  error block               { $$ = NODE(error, @$, $block); }
| broken[all] "else" block  { $$ = ADD($all, $block); }
| broken[all] "else" "if" expr block { $$ = ADD($all, $block); }

block: "{" stmts "}" { $$ = tree_block(p, $stmts, @$); }

stmt:
  "model" any_name          { $$ = NAMED_LEAF(model, @$, $any_name, @any_name); }
| "import" STR              { $$ = NAMED_LEAF(import, @$, $STR, @STR); }
| "dim" dims comma          { $$ = tree_as($dims, AST_dim, @$); }
| "input" decls comma       { $$ = tree_as($decls, AST_input, @$); }
| "param" decls comma       { $$ = tree_as($decls, AST_param, @$); }
| "const" decls comma       { $$ = tree_as($decls, AST_const, @$); }
| "state" decls comma       { $$ = tree_as($decls, AST_state, @$); }
| "output" outs comma       { $$ = tree_as($outs, AST_output, @$); }
| "loss" any_name "=" expr  { $$ = NAMED(loss, @$, $any_name, @any_name, $expr); }
| "wrt" paths comma         { $$ = tree_as($paths, AST_wrt, @$); }
| "train" train_pipe        { $$ = NODE(train, @$, $train_pipe); }
| "test" STR block          { $$ = NAMED(test, @$, $STR, @STR, $block); }
| "expect" expr             { $$ = NODE(expect, @$, $expr, NULL, NULL); }
| "expect" expr[a] "=" expr[b] tolerance { $$ = NODE(expect, @$, $a, $b, $tolerance); }
| targets "=" expr          { $$ = tree_assign(p, @$, $expr, $targets); }
| name "<-" expr            { $$ = NAMED(update, @$, $name, @name, $expr); }
| "return" exprs comma      { $$ = tree_as($exprs, AST_return, @$); }
| function
| "layer" any_name sizes parameters block     { $$ = NAMED(layer, @$, $any_name, @any_name, $sizes, $parameters, $block); }
| "optimizer" any_name sizes parameters block { $$ = NAMED(optimizer, @$, $any_name, @any_name, $sizes, $parameters, $block); }
| repeat
| for
| if

comma: %empty | ","

/* -- declarations -- */

dims:
  dim_one                   { $$ = NODE(block, @$, $dim_one); }
| dims[all] "," dim_one     { $$ = ADD($all, $dim_one); }

dim_one:
  any_name "=" expr         { $$ = tree_op(NAMED(dim_one, @$, $any_name, @any_name, $expr), '='); }
| any_name "<=" expr        { $$ = tree_op(NAMED(dim_one, @$, $any_name, @any_name, $expr), '<'); }

decls:
  decl                      { $$ = NODE(block, @$, $decl); }
| decls[all] "," decl       { $$ = ADD($all, $decl); }

decl: any_name sizes in_dim value { $$ = NAMED(decl, @$, $any_name, @any_name, $sizes, $in_dim, $value); }

sizes:  %empty { $$ = NULL; } | bracket
in_dim: %empty { $$ = NULL; } | "in" expr { $$ = $expr; }
value:  %empty { $$ = NULL; } | "=" expr  { $$ = $expr; }

outs:
  out                       { $$ = NODE(block, @$, $out); }
| outs[all] "," out         { $$ = ADD($all, $out); }

out:
  any_name                  { $$ = NAMED(out, @$, $any_name, @any_name, NAMED_LEAF(name_ref, @$, $any_name, @any_name)); }
| any_name "=" expr         { $$ = NAMED(out, @$, $any_name, @any_name, $expr); }

paths:
  path                      { $$ = NODE(block, @$, $path); }
| paths[all] "," path       { $$ = ADD($all, $path); }

path:
  any_name                  { $$ = NAMED_LEAF(name_ref, @$, $any_name, @any_name); }
| path[of] "." any_name     { $$ = NAMED(field, @$, $any_name, @any_name, $of); }

train_pipe:
  call
| train_pipe[left] "|>" call { $$ = NODE(pipe, @$, $left, $call); }

tolerance: %empty { $$ = NULL; } | "+-" expr { $$ = $expr; }

/* -- bindings, functions, loops -- */

targets:
  target                    { $$ = NODE(block, @$, $target); }
| targets[all] "," target   { $$ = ADD($all, $target); }

target:
  call                      { $$ = tree_target(p, $call); }
| "_"                       { $$ = NAMED(target, @$, name_z(&p->c->names, "_"), @$, NULL); }

function: "fn" any_name sizes parameters body adjoint
    { $$ = NAMED(fn, @$, $any_name, @any_name, $sizes, $parameters, $body, $adjoint); }

body:
  block
| "=" expr                  { $$ = tree_block(p, NODE(block, @expr, NODE(return, @expr, $expr)), @expr); }
| "=" block                 { $$ = tree_equals_block(p, @1, $block); }

adjoint:
  %empty                    { $$ = NULL; }
| "adjoint" "(" names comma ")" "=" exprs comma { $$ = tree_adjoint(p, @$, $names, $exprs); }

names:
  any_name                  { $$ = NODE(names, @$, NAMED_LEAF(name_ref, @$, $any_name, @any_name)); }
| names[all] "," any_name   { $$ = ADD($all, NAMED_LEAF(name_ref, @any_name, $any_name, @any_name)); }

parameters:
  "(" ")"                   { $$ = LEAF(params, @$); }
| "(" parameter_list comma ")" { $$ = tree_as($parameter_list, AST_params, @$); }

parameter_list:
  parameter                 { $$ = NODE(params, @$, $parameter); }
| parameter_list[all] "," parameter { $$ = ADD($all, $parameter); }

parameter: any_name sizes value { $$ = NAMED(parameter, @$, $any_name, @any_name, $sizes, $value); }

repeat: "repeat" any_name "in" range block { $$ = NAMED(repeat, @$, $any_name, @any_name, $range, $block); }

for: "for" any_name "in" range checkpoint carries collect block
    { $$ = NAMED(for, @$, $any_name, @any_name, $range, $checkpoint, $carries, $collect, $block); }

range:
  expr
| expr[from] ".." expr[to]  { $$ = NODE(range, @$, $from, $to); }

checkpoint: %empty { $$ = NULL; } | "checkpoint" expr        { $$ = $expr; }
carries:    %empty { $$ = NULL; } | "carry" carry_list { $$ = tree_as($carry_list, AST_carries, @$); }
collect:    %empty { $$ = NULL; } | "collect" names comma    { $$ = $names; }

carry_list:
  carry                     { $$ = NODE(carries, @$, $carry); }
| carry_list[all] "," carry { $$ = ADD($all, $carry); }

carry: name "=" expr        { $$ = NAMED(carry, @$, $name, @name, $expr); }

if:
  "if" expr block                       { $$ = NODE(if, @$, $expr, $block, NULL); }
| "if" expr block[then] "else" block[not] { $$ = NODE(if, @$, $expr, $then, $not); }
| "if" expr block "else" if[not]        { $$ = tree_deeper(p, NODE(if, @$, $expr, $block, $not)); }

/* -- expressions -- */

exprs:
  expr                      { $$ = NODE(block, @$, $expr); }
| exprs[all] "," expr       { $$ = ADD($all, $expr); }

/* A pipe joins postfix expressions only: `h + h |> f` and `x |> f + 1` are no sentences. */
expr: operation | named | pipeline

pipeline:
  postfix "|>" step         { $$ = NODE(pipe, @$, $postfix, $step); }
| named "|>" step           { $$ = NODE(pipe, @$, $named, $step); }
| pipeline[left] "|>" step  { $$ = NODE(pipe, @$, $left, $step); }

step: postfix | named

named: postfix "as" any_name { $$ = NAMED(as, @$, $any_name, @any_name, $postfix); }

operation:
  postfix
| operation[a] "or" operation[b]  { $$ = BINARY(AST_OR, @$, $a, $b); }
| operation[a] "and" operation[b] { $$ = BINARY(AST_AND, @$, $a, $b); }
| operation[a] "<" operation[b]   { $$ = BINARY('<', @$, $a, $b); }
| operation[a] "<=" operation[b]  { $$ = BINARY(AST_LE, @$, $a, $b); }
| operation[a] ">" operation[b]   { $$ = BINARY('>', @$, $a, $b); }
| operation[a] ">=" operation[b]  { $$ = BINARY(AST_GE, @$, $a, $b); }
| operation[a] "==" operation[b]  { $$ = BINARY(AST_EQ, @$, $a, $b); }
| operation[a] "!=" operation[b]  { $$ = BINARY(AST_NE, @$, $a, $b); }
| operation[a] "+" operation[b]   { $$ = BINARY('+', @$, $a, $b); }
| operation[a] "-" operation[b]   { $$ = BINARY('-', @$, $a, $b); }
| operation[a] "*" operation[b]   { $$ = BINARY('*', @$, $a, $b); }
| operation[a] "/" operation[b]   { $$ = BINARY('/', @$, $a, $b); }
| operation[a] "@" operation[b]   { $$ = BINARY('@', @$, $a, $b); }
| operation[a] "**" operation[b]  { $$ = tree_deeper(p, BINARY(AST_POW, @$, $a, $b)); }
| "not" operation[a]              { $$ = tree_unary(p, '!', @$, $a); }
| "-" operation[a] %prec SIGN     { $$ = tree_unary(p, '-', @$, $a); }
| "+" operation[a] %prec SIGN     { $$ = tree_unary(p, '+', @$, $a); }

postfix: call | atom
| atom_call                 { $$ = $1; }

%nterm <struct ast *> atom_call;

/* What begins with a name can begin a statement; `loss` and the rest of the atoms cannot. */
call:
  name                      { $$ = NAMED_LEAF(name_ref, @$, $name, @name); }
| call[of] bracket          { $$ = NODE(index, @$, $of, $bracket); }
| call[of] arguments        { $$ = tree_call(p, @$, $of, $arguments); }
| call[of] "." any_name     { $$ = NAMED(field, @$, $any_name, @any_name, $of); }

atom_call:
  atom bracket              { $$ = NODE(index, @$, $atom, $bracket); }
| atom arguments            { $$ = tree_call(p, @$, $atom, $arguments); }
| atom "." any_name         { $$ = NAMED(field, @$, $any_name, @any_name, $atom); }
| atom_call[of] bracket     { $$ = NODE(index, @$, $of, $bracket); }
| atom_call[of] arguments   { $$ = tree_call(p, @$, $of, $arguments); }
| atom_call[of] "." any_name { $$ = NAMED(field, @$, $any_name, @any_name, $of); }

atom:
  NUM
| STR                       { $$ = NAMED_LEAF(string, @$, $STR, @STR); }
| "loss"                    { $$ = NAMED_LEAF(name_ref, @$, $1, @1); }
| "(" expr ")"              { $$ = tree_deeper(p, $expr); }
| bracket                   { $$ = tree_as($bracket, AST_literal, @$); }
| "d(" expr[y] ")" "/" "d(" expr[x] ")" { $$ = tree_deriv(p, @$, $y, $x); }

arguments:
  "(" ")"                   { $$ = LEAF(block, @$); }
| "(" argument_list comma ")" { $$ = $argument_list; }

argument_list:
  argument                  { $$ = NODE(block, @$, $argument); }
| argument_list[all] "," argument { $$ = ADD($all, $argument); }

argument:
  expr
| any_name "=" expr         { $$ = NAMED(arg, @$, $any_name, @any_name, $expr); }
| expr[from] "->" expr[to]  { $$ = NODE(arrow, @$, $from, $to); }

bracket: "[" items comma "]" { $$ = tree_deeper(p, tree_as($items, AST_bracket, @$)); }

items:
  item                      { $$ = NODE(bracket, @$, $item); }
| items[all] "," item       { $$ = ADD($all, $item); }

item:
  expr
| any_name "=" expr         { $$ = NAMED(arg, @$, $any_name, @any_name, $expr); }
| any_name "=" ".."         { $$ = NAMED(arg, @$, $any_name, @any_name, LEAF(ellipsis, @3)); }
| name "in" range           { $$ = NAMED(in_item, @$, $name, @name, $range); }
| limit[from] ":" limit[to] { $$ = NODE(slice, @$, $from, $to, NULL); }
| limit[from] ":" limit[to] ":" limit[by] { $$ = NODE(slice, @$, $from, $to, $by); }
| ".."                      { $$ = LEAF(ellipsis, @$); }
| "_"                       { $$ = LEAF(new_axis, @$); }

limit: %empty { $$ = NULL; } | expr

any_name: name | "loss"

name: ID | "adjoint" | "carry" | "checkpoint" | "collect" | "const" | "dim" | "fn" | "import" | "input" | "layer"
    | "model" | "optimizer" | "output" | "param" | "state" | "test" | "train" | "wrt"

%%

/* 256 levels of nesting fit ten times; what needs more is a chain of operators that tree_deeper will refuse too. */
enum { STACK_MOST = 40000 };

/* The parser gives up where the size stays. */
static ptrdiff_t more_room(struct parser *p, ptrdiff_t size)
{
    if (size < STACK_MOST) return size * 4;
    report_nesting(p, p->last.at);
    return size;
}

static void *regrown(struct parser *p, const void *stack, ptrdiff_t used, size_t each, ptrdiff_t size)
{
    return memcpy(arena_array(&p->c->arena, (size_t)size, each), stack, (size_t)used);
}

/* Only for a full stack, where more_room has already spoken. */
static void nngen_yyerror(const struct span *at, struct parser *p, const char *text)
{
    (void)at, (void)p, (void)text;
}

static int yyreport_syntax_error(const yypcontext_t *context, struct parser *p)
{
    if (p->c->diags.errors >= DIAG_MOST) { /* only counted */
        diag_error(&p->c->diags, E0100, p->last.at, "syntax error");
        return 0;
    }
    bool expected[YYNTOKENS] = {false};
    yysymbol_kind_t symbols[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
    for (int i = 0; i < n; i++) expected[symbols[i]] = true;
    struct mistake *m = arena_new(&p->c->arena, struct mistake);
    m->found = p->last.kind;
    for (int t = 0; t <= YYMAXUTOK; t++) {
        yysymbol_kind_t s = YYTRANSLATE(t);
        if (s == YYSYMBOL_YYUNDEF || s == YYSYMBOL_YYerror) continue;
        m->wanted[t] = expected[s];
    }
    report_mistake(p, m);
    return 0;
}

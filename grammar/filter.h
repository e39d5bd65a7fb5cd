/* Between scanner and parser. The scanner turns bytes into raw tokens; the filter decides where statements end, closes
 * brackets that were left open, and says what tokens mean that depend on their place. So the parser sees balanced text,
 * one END after each statement, and recovers from a mistake at the next END. */
#ifndef NNGEN_GRAMMAR_FILTER_H
#define NNGEN_GRAMMAR_FILTER_H

#include "grammar/ast.h"
#include "parse.h"

enum { NESTING_MOST = 256, NAME_MOST = 63, TOKEN_MOST = 4096, FILE_MOST = 16 << 20, NUMBER_MOST = 500 };

struct token {
    int kind;
    bool fresh; /* the first on its line */
    struct span at;
    union NNGEN_YYSTYPE value;
};

struct comment {
    struct span at; /* from its #, without the white space at its end */
    bool alone;     /* nothing stands before it on its line */
};

/* A name that the statement binds, if it goes on as it should. */
struct head {
    const char *name;
    struct span at;
    uint32_t place; /* the how-manieth token */
};

/* A bracket that is open, or the file itself; and the statement that stands around it. */
struct open {
    int closer;     /* the token that closes it */
    char as;        /* what it is called in messages: ( [ { */
    struct span at;
    bool brace;     /* { } written for [ ] */
    /* The current statement in it: */
    int first;      /* kind and place of its first token */
    struct span first_at;
    uint32_t count; /* tokens delivered so far */
    bool body;      /* a block of it has been closed */
    bool bound;     /* it has had its = */
    vec(struct head) heads;
};

struct parser {
    struct context *c;
    const struct source *file;
    void *scanner;
    char *buffer; /* flex writes in it: a copy of the file */
    bool newline; /* since the last raw token */
    vec(struct comment) comments;
    vec(struct open) open; /* open.at[0] is the file */
    struct token queue[4]; /* read ahead or put back; the next one is the last */
    uint32_t queued;
    struct token last, before; /* the last two delivered; `last` is what the parser looks at */
    struct span closed;        /* the bracket that was closed last, from opener to closer */
    uint32_t unclosed;         /* where the token stood that last showed brackets to be open */
    bool nested;               /* too deep, and reported */
    bool over;                 /* nothing more is delivered */
    uint32_t quiet;            /* mistakes before this place of the file have been answered */
    struct ast *tree;
};

/* Readies p to deliver the tokens of `file`. */
void parser_init(struct parser *p, struct context *c, const struct source *file);
/* The scanner: one raw token; ends of lines are `fresh` flags, ends of statements are not known yet. */
struct token raw_token(struct parser *p);
/* The filter, in the form bison calls. */
int nngen_yylex(union NNGEN_YYSTYPE *value, struct span *at, struct parser *p);

/* What a token can do; several hold at once. */
enum {
    ENDS_OPERAND = 1,   /* an operand may end with it */
    BEGINS_OPERAND = 2, /* and begin with it (brackets aside) */
    JOINS = 4,          /* a binary operator: a line that begins with it goes on with the last */
    OPEN_ENDED = 8,     /* a line that ends with it goes on */
    NAME = 16,          /* can be a name */
    STARTS = 32,        /* begins a statement and nothing else */
    DECLARES = 64       /* begins a declaration if a name follows */
};
unsigned token_roles(int kind);
/* The statement around the token delivered last. */
const struct open *statement_around(const struct parser *p);

/* What the parser knows about a token it cannot take. */
struct mistake {
    int found;
    bool wanted[512]; /* by token kind */
};
void report_mistake(struct parser *p, const struct mistake *m);
void report_nesting(struct parser *p, struct span at);

#endif

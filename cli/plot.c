/* Curves as a picture and as text. Both choose a logarithmic axis where the values span more than a factor of SPAN. */
#include "cli/curves.h"

#include <math.h>
#include <string.h>

static const double SPAN = 20;

struct axis {
    double least, most; /* of the values; logarithms where it is so */
    bool log;
    double step;        /* between lines, of a linear one */
};

static double along(const struct axis *a, double y)
{
    double v = a->log ? log10(y) : y;
    return a->most > a->least ? (v - a->least) / (a->most - a->least) : 0.5;
}

/* 1, 2 or 5 times a power of ten. */
static double nice_step(double range, int lines)
{
    double raw = range / lines, base = pow(10, floor(log10(raw))), m = raw / base;
    return base * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

static struct axis axis_of(const struct curves *c, size_t k)
{
    struct axis a = {.least = INFINITY, .most = -INFINITY};
    for (size_t i = 0; i < c->points; i++)
        for (int valid = 0; valid < 2; valid++) {
            double y = curve_value(c, i, k, valid);
            if (!isfinite(y)) continue;
            a.least = fmin(a.least, y);
            a.most = fmax(a.most, y);
        }
    if (!(a.least <= a.most)) a.least = 0, a.most = 1;
    a.log = a.least > 0 && a.most / a.least > SPAN;
    if (a.log) {
        a.least = log10(a.least);
        a.most = log10(a.most);
        return a;
    }
    if (a.most - a.least < 1e-12 * fmax(fabs(a.most), 1e-300)) { /* a level line stands in the middle */
        double room = a.most ? fabs(a.most) / 2 : 1;
        a.least -= room, a.most += room;
    }
    a.step = nice_step(a.most - a.least, 5);
    a.least = floor(a.least / a.step + 1e-9) * a.step;
    a.most = ceil(a.most / a.step - 1e-9) * a.step;
    return a;
}

static bool has_valid(const struct curves *c, size_t k)
{
    for (size_t i = 0; i < c->points; i++)
        if (isfinite(curve_value(c, i, k, true))) return true;
    return false;
}

/* ---- SVG ---- */

enum { WIDTH = 720, LEFT = 72, RIGHT = 24, TOP = 64, PANEL = 190, GAP = 58, PANELS_MOST = 6 };

/* Grey of this lightness and these two colours stand out from white and from black alike. */
static const char style[] =
    "<style>.nngen-plot{font:13px system-ui,sans-serif;fill:#777}.nngen-plot .grid{stroke:#777;stroke-opacity:.25}"
    ".nngen-plot .line{fill:none;stroke-width:2;stroke-linejoin:round}.nngen-plot .train{stroke:#2f81d6}"
    ".nngen-plot .valid{stroke:#d9730d}.nngen-plot .title{font-size:16px}.nngen-plot .name{font-weight:600}"
    "@media(prefers-color-scheme:dark){.nngen-plot{fill:#a8a8a8}}</style>\n";

struct panel {
    const struct curves *c;
    struct buffer *out;
    size_t curve;
    struct axis y;
    double top, from, to; /* where x begins and ends */
};

static double x_of(const struct panel *p, double at)
{
    double part = p->to > p->from ? (at - p->from) / (p->to - p->from) : 0.5;
    return LEFT + part * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct panel *p, double y)
{
    return p->top + (1 - along(&p->y, y)) * PANEL;
}

static void put_level(const struct panel *p, double y)
{
    double at = y_of(p, y);
    if (at < p->top - 0.5 || at > p->top + PANEL + 0.5) return;
    buffer_printf(p->out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.6g</text>\n", LEFT, at,
                  WIDTH - RIGHT, LEFT - 8, at + 4.5, fabs(y) < 1e-12 * p->y.step ? 0 : y);
}

/* Whole decades; where these are few, 2 and 5 between them, and under one decade as on a linear axis. */
static void put_levels(const struct panel *p)
{
    const struct axis *a = &p->y;
    if (!a->log) {
        for (int i = 0; a->least + i * a->step <= a->most + a->step / 2; i++) put_level(p, a->least + i * a->step);
        return;
    }
    double span = a->most - a->least;
    int apart = span > 8 ? (int)ceil(span / 8) : 1;
    for (int d = (int)floor(a->least); d <= (int)ceil(a->most); d++) {
        if (d % apart == 0) put_level(p, pow(10, d));
        if (span < 3) put_level(p, 2 * pow(10, d)), put_level(p, 5 * pow(10, d));
    }
}

static void put_places(const struct panel *p)
{
    double step = fmax(1, nice_step(fmax(p->to - p->from, 1), 8));
    for (double x = ceil(p->from / step) * step; x <= p->to; x += step)
        buffer_printf(p->out, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.10g</text>\n",
                      x_of(p, x), p->top, p->top + PANEL, x_of(p, x), p->top + PANEL + 19, x);
}

static void put_curve(const struct panel *p, bool valid)
{
    const struct curves *c = p->c;
    bool pen = false;
    size_t drawn = 0;
    buffer_printf(p->out, "<path class=\"line %s\" d=\"", valid ? "valid" : "train");
    for (size_t i = 0; i < c->points; i++) {
        double y = curve_value(c, i, p->curve, valid);
        bool there = isfinite(y) && (!p->y.log || y > 0);
        if (there) buffer_printf(p->out, "%c%.1f %.1f", pen ? 'L' : 'M', x_of(p, curve_at(c, i)), y_of(p, y)), drawn++;
        pen = there;
    }
    if (drawn == 1) buffer_put(p->out, "h.1"); /* a dot */
    buffer_put(p->out, "\" stroke-linecap=\"round\"/>\n");
}

/* "-- training 0.0040  -- validation 0.086" at the right, each with where it ended. */
static void put_legend(const struct panel *p)
{
    static const char *const word[] = {"training", "validation"};
    double x = WIDTH - RIGHT;
    for (int valid = 1; valid >= 0; valid--) {
        if (valid && !has_valid(p->c, p->curve)) continue;
        double last = NAN;
        for (size_t i = 0; i < p->c->points; i++) {
            double y = curve_value(p->c, i, p->curve, valid);
            if (isfinite(y)) last = y;
        }
        buffer_printf(p->out, "<path class=\"line %s\" d=\"M%.1f %.1fh18\"/><text x=\"%.1f\" y=\"%.1f\">%s %.4g</text>\n", valid ? "valid" : "train",
                      x - 160, p->top - 15, x - 136, p->top - 10.5, word[valid], last);
        x -= 172;
    }
}

void plot_svg(const struct curves *c, const char *title, size_t first, struct buffer *out)
{
    size_t panels = c->n < PANELS_MOST ? c->n : PANELS_MOST;
    int height = TOP + (int)(panels ? panels : 1) * (PANEL + GAP);
    buffer_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"nngen-plot\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", WIDTH,
                  height, WIDTH, height);
    buffer_put(out, style);
    buffer_printf(out, "<text class=\"title\" x=\"%d\" y=\"24\">%s</text>\n", LEFT, title);
    for (size_t i = 0; i < panels; i++) {
        struct panel p = {.c = c, .out = out, .curve = i == 0 ? first : i <= first ? i - 1 : i};
        p.top = TOP + (double)i * (PANEL + GAP);
        p.y = axis_of(c, p.curve);
        p.from = c->points ? curve_at(c, 0) : 0;
        p.to = c->points ? curve_at(c, c->points - 1) : 1;
        buffer_printf(out, "<text class=\"name\" x=\"%d\" y=\"%.1f\">%s%s</text>\n", LEFT, p.top - 10.5, c->name[p.curve],
                      p.y.log ? ", logarithmic" : "");
        put_levels(&p);
        put_places(&p);
        put_curve(&p, false);
        if (has_valid(c, p.curve)) put_curve(&p, true);
        put_legend(&p);
    }
    buffer_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n</svg>\n", WIDTH - RIGHT, height - 20, c->epochs ? "epoch" : "step");
}

/* ---- text ---- */

enum { COLUMNS = 60, LINES = 10 };

/* The curve between its points, at the middle of a column. */
static double value_near(const struct curves *c, size_t k, bool valid, double at)
{
    size_t i = 0;
    while (i + 1 < c->points && curve_at(c, i + 1) < at) i++;
    double y = curve_value(c, i, k, valid);
    if (i + 1 == c->points) return y;
    double from = curve_at(c, i), to = curve_at(c, i + 1), part = to > from ? (at - from) / (to - from) : 0;
    return y + (curve_value(c, i + 1, k, valid) - y) * fmin(fmax(part, 0), 1);
}

void plot_text(const struct curves *c, size_t which, struct buffer *out)
{
    char cell[LINES][COLUMNS + 1];
    struct axis a = axis_of(c, which);
    if (c->points < 2) return;
    double from = curve_at(c, 0), to = curve_at(c, c->points - 1);
    memset(cell, ' ', sizeof cell);
    for (int valid = 0; valid < 2; valid++)
        for (int x = 0; x < COLUMNS; x++) {
            double y = value_near(c, which, valid, from + (to - from) * x / (COLUMNS - 1));
            if (!isfinite(y)) continue;
            int line = (int)lround((1 - fmin(fmax(along(&a, y), 0), 1)) * (LINES - 1));
            cell[line][x] = valid ? 'o' : '*';
        }
    for (int i = 0; i < LINES; i++) {
        size_t n = COLUMNS;
        while (n && cell[i][n - 1] == ' ') n--;
        cell[i][n] = 0;
        double part = a.most - (a.most - a.least) * i / (LINES - 1), y = a.log ? pow(10, part) : part;
        if (i % 3 == 0)
            buffer_printf(out, "%10.3g |%s\n", fabs(y) < 1e-12 * a.step ? 0 : y, cell[i]);
        else
            buffer_printf(out, "%10s |%s\n", "", cell[i]);
    }
    buffer_printf(out, "%10s +", "");
    for (int i = 0; i < COLUMNS; i++) buffer_put(out, "-");
    buffer_printf(out, "\n%12s%-10.10g%*.10g\n%12s* %s%s%s\n", "", from, COLUMNS - 10, to, "", c->name[which],
                  has_valid(c, which) ? "   o in validation" : "", c->epochs ? "   by epoch" : "   by step");
}

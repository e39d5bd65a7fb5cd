/* Long sums in double precision: what each addition loses is added up beside the sum. Always carried inside, never called in
 * the library: a call an element would cost more than the sum. */
#ifndef NNRT_SUM_H
#define NNRT_SUM_H

/*@ nnrt_sum_add */
/* sum[0] + sum[1] is the sum: Knuth's exact addition, the rounding error of which goes to sum[1]. */
static void nnrt_sum_add(double *sum, double x)
{
    const double s = sum[0] + x, part = s - sum[0];
    sum[1] += (sum[0] - (s - part)) + (x - part);
    sum[0] = s;
}

/*@ nnrt_sum_total */
/* The error of an infinite sum is no number. */
static double nnrt_sum_total(const double *sum)
{
    return sum[1] == sum[1] ? sum[0] + sum[1] : sum[0];
}

/*@ nnrt_sum_apart */
/* The same of one of many sums, the errors of which are apart from them: loops over these become vectors. */
static void nnrt_sum_apart(double *sum, double *lost, double x)
{
    const double s = *sum + x, part = s - *sum;
    *lost += (*sum - (s - part)) + (x - part);
    *sum = s;
}

/*@ nnrt_total_apart */
static double nnrt_total_apart(double sum, double lost)
{
    return lost == lost ? sum + lost : sum;
}

/*@ end */
#endif

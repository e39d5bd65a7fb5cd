"""ADBench's Gaussian mixture: value, and the gradient written by hand."""
import math
import sys

import numpy as np

from reference import compare

r = np.random.RandomState(3)
N, D, K = 4, 3, 2
alpha, mu, q, l, x = r.randn(K), r.randn(K, D), 0.3 * r.randn(K, D), r.randn(K, D * (D - 1) // 2), r.randn(N, D)
gamma, m = 1.2, 1.0
PI = 3.14159265359


def lower(k):
    L, at = np.diag(np.exp(q[k])), 0
    for j in range(D):
        L[j + 1:, j] = l[k, at:at + D - 1 - j]
        at += D - 1 - j
    return L


def logsumexp(v):
    return v.max() + math.log(np.exp(v - v.max()).sum())


L = [lower(k) for k in range(K)]
y = np.array([[L[k] @ (x[i] - mu[k]) for k in range(K)] for i in range(N)])
inner = alpha + q.sum(1) - 0.5 * (y ** 2).sum(2)
wide = D + m + 1
c = wide * D * (math.log(gamma) - 0.5 * math.log(2)) - (
    0.25 * D * (D - 1) * math.log(PI) + sum(math.lgamma((wide + 1 - j) / 2) for j in range(1, D + 1)))
value = (-0.5 * N * D * math.log(2 * PI) + sum(logsumexp(row) for row in inner) - N * logsumexp(alpha)
         + (0.5 * gamma ** 2 * ((np.exp(q) ** 2).sum() + (l ** 2).sum()) - m * q.sum()) - K * c)

w = np.exp(inner - np.array([logsumexp(row) for row in inner])[:, None])
d_alpha = w.sum(0) - N * np.exp(alpha - logsumexp(alpha))
d_mu, d_q, d_l = np.zeros_like(mu), np.zeros_like(q), np.zeros_like(l)
for k in range(K):
    for i in range(N):
        d = x[i] - mu[k]
        d_mu[k] += w[i, k] * L[k].T @ y[i, k]
        d_L = -w[i, k] * np.outer(y[i, k], d)
        d_q[k] += w[i, k] + np.diag(d_L) * np.exp(q[k])
        d_l[k] += np.concatenate([d_L[j + 1:, j] for j in range(D)])
    d_q[k] += gamma ** 2 * np.exp(2 * q[k]) - m
    d_l[k] += gamma ** 2 * l[k]

inputs = dict(alpha=alpha, mu=mu, q=q, l=l, x=x, gamma=np.array(gamma), m=np.array(m))
compare(sys.argv[1], sys.argv[2] + "/gmm.nn", inputs, None, "likelihood", value,
        dict(alpha=d_alpha, mu=d_mu, q=d_q, l=d_l))

"""A parabola by the normal equations: what is left of the error, and its gradients by hand."""
import sys

import numpy as np

from reference import compare

r = np.random.RandomState(6)
N, ridge = 50, 0.3
x, y = r.rand(N) * 4 - 2, r.randn(N)
V = np.stack([np.ones(N), x, x ** 2], 1)
M = V.T @ V + ridge * np.eye(3)
w = np.linalg.solve(M, V.T @ y)
left = V @ w - y
g = 2 * left / N
s = np.linalg.solve(M, V.T @ g)
d_V = np.outer(g, w) + np.outer(y, s) - V @ (np.outer(s, w) + np.outer(w, s))
compare(sys.argv[1], sys.argv[2] + "/least_squares.nn", dict(x=x, y=y, ridge=np.array(ridge)), None, "err", (left ** 2).mean(),
        dict(x=d_V[:, 1] + 2 * x * d_V[:, 2], y=V @ s - g, ridge=np.array(-s @ w)))

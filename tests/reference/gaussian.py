"""The normal distribution with a full covariance: log-likelihood, and its gradients in closed form."""
import math
import sys

import numpy as np

from reference import compare

r = np.random.RandomState(5)
N, D = 40, 6
x, mu, F = r.randn(N, D), r.randn(D), r.randn(D, D)
S = F @ F.T + 0.5 * np.eye(D)
d, precision = x - mu, np.linalg.inv(S)
sign, logdet = np.linalg.slogdet(S)
value = -0.5 * ((d * np.linalg.solve(S, d.T).T).sum() + N * (logdet + D * math.log(2 * math.pi)))
d_S = 0.5 * (precision @ d.T @ d @ precision - N * precision)
compare(sys.argv[1], sys.argv[2] + "/gaussian.nn", dict(x=x, mu=mu, S=S), None, "likelihood", value,
        dict(x=-d @ precision, mu=precision @ d.sum(0), S=d_S), ["-D", f"D={D}"])

"""The Kalman filter without a filter: all that is seen is one draw from a normal distribution, whose covariance is written
out. Its log-likelihood and gradients are those of the recursion."""
import math
import sys

import numpy as np

from reference import compare

r = np.random.RandomState(8)
T, D = 12, 2
F = np.array([[0.9, 0.8], [-0.2, 0.7]])
H, R = np.array([[1.0, 0.0]]), np.array([[0.4]])
Q = np.diag([0.3, 0.2])
y = r.randn(T)

# What is seen at time t is the sum over j of M[t - j] @ noise j, the state before the first step being noise 0.
M = [H @ np.linalg.matrix_power(F, k) for k in range(T + 1)]
times = [(t, s, j) for t in range(1, T + 1) for s in range(1, T + 1) for j in range(min(t, s) + 1)]
cov = {j: Q if j else np.eye(D) for j in range(T + 1)}
C = R[0, 0] * np.eye(T)
for t, s, j in times:
    C[t - 1, s - 1] += (M[t - j] @ cov[j] @ M[s - j].T)[0, 0]
inverse = np.linalg.inv(C)
value = 0.5 * (y @ inverse @ y + np.linalg.slogdet(C)[1] + T * math.log(2 * math.pi))

d_C = 0.5 * (inverse - np.outer(inverse @ y, inverse @ y))
d_Q, d_M = np.zeros((D, D)), [np.zeros((1, D)) for _ in M]
for t, s, j in times:
    if j:
        d_Q += d_C[t - 1, s - 1] * M[t - j].T @ M[s - j]
    d_M[t - j] += 2 * d_C[t - 1, s - 1] * M[s - j] @ cov[j]
d_F = np.zeros((D, D))
for k in range(T, 0, -1):  # M[k] = M[k - 1] @ F
    d_F += M[k - 1].T @ d_M[k]
    d_M[k - 1] += d_M[k] @ F.T
compare(sys.argv[1], sys.argv[2] + "/kalman.nn", dict(seen=y[:, None], F=F, H=H, q=np.diag(Q), r=R[0]), None, "surprise", value,
        dict(seen=(inverse @ y)[:, None], F=d_F, q=np.diag(d_Q), r=np.array([np.trace(d_C)])))

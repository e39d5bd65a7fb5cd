"""ADBench's elementwise LSTM, its gradient by hand."""
import sys

import numpy as np

from reference import compare, sigmoid

r = np.random.RandomState(9)
T, B = 6, 14
x, start = r.rand(T, B), r.randn(4, B)
p = {"in_weight": r.randn(B), "out_weight": r.randn(B), "out_bias": r.randn(B)}
for name in ("first", "second"):
    for gate in "fioc":
        p[f"{name}.w{gate}"], p[f"{name}.b{gate}"] = r.randn(B), r.randn(B)


def cell(name, below, h, c):
    f = sigmoid(below * p[name + ".wf"] + p[name + ".bf"])
    i = sigmoid(h * p[name + ".wi"] + p[name + ".bi"])
    o = sigmoid(below * p[name + ".wo"] + p[name + ".bo"])
    change = np.tanh(h * p[name + ".wc"] + p[name + ".bc"])
    new = c * f + i * change
    return o * np.tanh(new), new, (below, h, c, f, i, o, change, np.tanh(new))


def cell_back(name, kept, dh, dc):
    below, h, c, f, i, o, change, tc = kept
    dc = dc + dh * o * (1 - tc ** 2)
    by_gate = {"f": (dc * c * f * (1 - f), below), "i": (dc * change * i * (1 - i), h),
               "o": (dh * tc * o * (1 - o), below), "c": (dc * i * (1 - change ** 2), h)}
    for gate, (g, seen) in by_gate.items():
        d[f"{name}.w{gate}"] += g * seen
        d[f"{name}.b{gate}"] += g
    d_below = sum(by_gate[gate][0] * p[f"{name}.w{gate}"] for gate in "fo")
    d_h = sum(by_gate[gate][0] * p[f"{name}.w{gate}"] for gate in "ic")
    return d_below, d_h, dc * f


d = {name: np.zeros(B) for name in p}
h1, c1, h2, c2 = start
loss, kept = 0.0, []
for t in range(T - 1):
    h1, c1, k1 = cell("first", x[t] * p["in_weight"], h1, c1)
    h2, c2, k2 = cell("second", h1, h2, c2)
    y = h2 * p["out_weight"] + p["out_bias"]
    e = np.exp(y)
    loss -= (x[t + 1] * (y - np.log(2 + e.sum()))).sum() / ((T - 1) * B)
    kept.append((k1, k2, h2, e))
dh1, dc1, dh2, dc2 = np.zeros((4, B))
for t in reversed(range(T - 1)):
    k1, k2, h2, e = kept[t]
    dy = -(x[t + 1] - x[t + 1].sum() * e / (2 + e.sum())) / ((T - 1) * B)
    d["out_weight"] += dy * h2
    d["out_bias"] += dy
    d_below, dh2, dc2 = cell_back("second", k2, dh2 + dy * p["out_weight"], dc2)
    d_x, dh1, dc1 = cell_back("first", k1, dh1 + d_below, dc1)
    d["in_weight"] += d_x * x[t]

compare(sys.argv[1], sys.argv[2] + "/lstm_adbench.nn", dict(x=x, start=start), p, "cost", loss, d)

"""Layers element by element: plain loops over what their definitions say, with parameters and biases drawn here."""
import os
import sys

import numpy as np

from reference import TOLERANCE, run_nngen, sigmoid

r = np.random.RandomState(5)
N, T, I, H, E = 2, 5, 3, 4, 6
x, s, q = r.randn(N, 4, 7, 6), r.randn(N, 4, 9), r.randn(T, N, I)
e, z = r.randn(N, T, E), r.randn(N, 4, 3, 2)
p = {"c1.W": r.randn(6, 4, 3, 3), "c1.b": r.randn(6), "c2.W": r.randn(6, 2, 2, 2), "c2.b": r.randn(6),
     "c3.W": r.randn(4, 3, 3), "c3.b": r.randn(4), "c4.W": r.randn(6, 2, 3), "c4.b": r.randn(6),
     "c5.W": r.randn(4, 3, 3, 3), "c5.b": r.randn(3),
     "n1.Wx": r.randn(I, H), "n1.Wh": r.randn(H, H), "n1.b": r.randn(H),
     "n2.Wx": r.randn(I, 4 * H), "n2.Wh": r.randn(H, 4 * H), "n2.b": r.randn(4 * H),
     "n3.Wx": r.randn(I, 3 * H), "n3.Wh": r.randn(H, 3 * H), "n3.b": r.randn(3 * H), "n3.bh": r.randn(3 * H),
     "f1.gain": r.randn(E), "f1.bias": r.randn(E), "f2.gain": r.randn(4), "f2.bias": r.randn(4)}
for name in "qkvo":
    p["a1.W" + name], p["a1.b" + name] = r.randn(E, E), r.randn(E)


def conv(x, W, b, stride=1, pad=0, dilation=1, groups=1):
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    O, C, S, V = W.shape
    h = (x.shape[2] - dilation * (S - 1) - 1) // stride + 1
    w = (x.shape[3] - dilation * (V - 1) - 1) // stride + 1
    y = np.zeros((x.shape[0], O, h, w))
    for n, o, i, j in np.ndindex(*y.shape):
        first = o // (O // groups) * C
        y[n, o, i, j] = b[o]
        for c, u, v in np.ndindex(C, S, V):
            y[n, o, i, j] += x[n, first + c, i * stride + u * dilation, j * stride + v * dilation] * W[o, c, u, v]
    return y


def conv_back(x, W, b, stride, pad):
    S = W.shape[2]
    y = np.zeros((x.shape[0], W.shape[1], (x.shape[2] - 1) * stride + S, (x.shape[3] - 1) * stride + S))
    for n, c, i, j in np.ndindex(*x.shape):
        for o, u, v in np.ndindex(W.shape[1], S, S):
            y[n, o, i * stride + u, j * stride + v] += x[n, c, i, j] * W[c, o, u, v]
    return y[:, :, pad:-pad, pad:-pad] + b[:, None, None]


def pool(x, size, stride, pad, of, blank):
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], constant_values=blank)
    h, w = (x.shape[2] - size) // stride + 1, (x.shape[3] - size) // stride + 1
    return np.array([[[[of(m[i * stride:i * stride + size, j * stride:j * stride + size]) for j in range(w)]
                       for i in range(h)] for m in image] for image in x])


def steps(cell, *carried):
    hs = []
    for row in q:
        carried = cell(row, *carried)
        hs.append(carried[0])
    return np.array(hs), carried[-1]


def lstm_cell(row, h, c):
    i, f, g, o = np.split(row @ p["n2.Wx"] + h @ p["n2.Wh"] + p["n2.b"], 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_cell(row, h):
    a, b = row @ p["n3.Wx"] + p["n3.b"], h @ p["n3.Wh"] + p["n3.bh"]
    reset, update = sigmoid(a[:, :H] + b[:, :H]), sigmoid(a[:, H:2 * H] + b[:, H:2 * H])
    return ((1 - update) * np.tanh(a[:, 2 * H:] + reset * b[:, 2 * H:]) + update * h,)


def attention(e):
    y = np.zeros_like(e)
    for n in range(N):
        a, b, c = (e[n] @ p["a1.W" + k] + p["a1.b" + k] for k in "qkv")
        for head in (slice(0, 3), slice(3, 6)):
            for t in range(T):
                w = np.exp(a[t, head] @ b[:t + 1, head].T / np.sqrt(3))
                y[n, t, head] = w / w.sum() @ c[:t + 1, head]
    return y @ p["a1.Wo"] + p["a1.bo"]


def normal(x, axes):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)


blank = np.zeros((N, H))
ls, c = steps(lstm_cell, blank, blank)
W3 = np.zeros((4, 4, 3, 3))
W3[range(4), range(4)] = p["c3.W"]
line = conv(np.pad(s, [(0, 0), (0, 0), (2, 2)])[:, :, None], p["c4.W"][:, :, None], p["c4.b"], 2, 0, 1, 2)[:, :, 0]
want = {
    "conv": conv(x, p["c1.W"], p["c1.b"], 2, 1), "holes": conv(x, p["c2.W"], p["c2.b"], 1, 0, 2, 2),
    "deep": conv(x, W3, p["c3.b"], 1, 1), "line": line, "back": conv_back(z, p["c5.W"], p["c5.b"], 2, 1),
    "most": pool(x, 3, 2, 1, np.max, -np.inf), "mean_of": pool(x, 3, 2, 1, np.mean, 0),
    "rs": steps(lambda row, h: (np.tanh(row @ p["n1.Wx"] + h @ p["n1.Wh"] + p["n1.b"]),), blank)[0],
    "ls": ls, "c": c, "gs": steps(gru_cell, blank)[0], "heads": attention(e),
    "rows": normal(e, -1) * p["f1.gain"] + p["f1.bias"],
    "groups": normal(x.reshape(N, 2, 2, 7, 6), (2, 3, 4)).reshape(x.shape) * p["f2.gain"][:, None, None]
    + p["f2.bias"][:, None, None]}

model = os.path.join(os.path.dirname(os.path.abspath(__file__)), "layers.nn")
failed = 0
for dtype in ("f64", "f32"):
    for backend in ("interp", "tcc", "cc"):
        got = run_nngen(sys.argv[1], model, {"x": x, "s": s, "q": q, "e": e, "z": z}, p, dtype, backend, [])["outputs"]
        off = {name: np.max(np.abs(np.array(got[name]) - y)) / np.max(np.abs(y)) if np.shape(got[name]) == y.shape
               else np.inf for name, y in want.items()}
        worst = max(off, key=off.get)
        ok = off[worst] <= TOLERANCE[dtype]
        failed += not ok
        print(f"{'ok    ' if ok else 'FAILED'}  layers {dtype} {backend}: {off[worst]:.1e} ({worst})")
sys.exit(failed > 0)

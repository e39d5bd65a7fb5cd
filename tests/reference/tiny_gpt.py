"""The small GPT: pre-norm blocks, causal attention of four heads, gelu by erf."""
import math
import sys

import numpy as np

from reference import compare, softmax_cross_entropy

r = np.random.RandomState(8)
N, T, V, E, A, BLOCKS = 2, 32, 64, 32, 4, 2
F, D = 4 * E, E // A
text, following = r.randint(0, V, (N, T)), r.randint(0, V, (N, T))
p = {"embedding1.W": 0.5 * r.randn(V, E), "positional1.W": 0.1 * r.randn(T, E)}
for k in range(1, BLOCKS + 1):
    b = f"block{k}."
    for norm in ("ln1", "ln2"):
        p[b + norm + ".gain"], p[b + norm + ".bias"] = 1 + 0.1 * r.randn(E), 0.1 * r.randn(E)
    for name in "qkvo":
        p[f"{b}attn.W{name}"], p[f"{b}attn.b{name}"] = 0.12 * r.randn(E, E), 0.1 * r.randn(E)
    p[b + "fc1.W"], p[b + "fc1.b"] = 0.12 * r.randn(E, F), 0.1 * r.randn(F)
    p[b + "fc2.W"], p[b + "fc2.b"] = 0.06 * r.randn(F, E), 0.1 * r.randn(E)
p["last.gain"], p["last.bias"] = 1 + 0.1 * r.randn(E), 0.1 * r.randn(E)
p["head.W"], p["head.b"] = 0.12 * r.randn(E, V), 0.1 * r.randn(V)
d = {}
erf = np.vectorize(math.erf)


def norm(x, name):
    c = x - x.mean(-1, keepdims=True)
    s = 1 / np.sqrt((c * c).mean(-1, keepdims=True) + 1e-5)
    return c * s * p[name + ".gain"] + p[name + ".bias"], (c * s, s)


def norm_back(g, kept, name):
    u, s = kept
    d[name + ".gain"], d[name + ".bias"] = (g * u).sum(0), g.sum(0)
    g = g * p[name + ".gain"]
    return s * (g - g.mean(-1, keepdims=True) - u * (g * u).mean(-1, keepdims=True))


def affine_back(x, g, W, b):
    d[W], d[b] = x.T @ g, g.sum(0)
    return g @ p[W].T


def heads(a):
    return a.reshape(N, T, A, D).transpose(0, 2, 1, 3)


def joined(a):
    return a.transpose(0, 2, 1, 3).reshape(N * T, E)


future = np.triu(np.ones((T, T), dtype=bool), 1)
x = (p["embedding1.W"][text] + p["positional1.W"]).reshape(N * T, E)
kept = []
for k in range(1, BLOCKS + 1):
    b = f"block{k}."
    a, n1 = norm(x, b + "ln1")
    q, key, v = (heads(a @ p[f"{b}attn.W{name}"] + p[f"{b}attn.b{name}"]) for name in "qkv")
    s = np.where(future, -np.inf, q @ key.transpose(0, 1, 3, 2) / math.sqrt(D))
    w = np.exp(s - s.max(-1, keepdims=True))
    w /= w.sum(-1, keepdims=True)
    y = joined(w @ v)
    x = x + y @ p[b + "attn.Wo"] + p[b + "attn.bo"]
    m, n2 = norm(x, b + "ln2")
    u = m @ p[b + "fc1.W"] + p[b + "fc1.b"]
    phi = 0.5 * (1 + erf(u / math.sqrt(2)))
    x = x + (u * phi) @ p[b + "fc2.W"] + p[b + "fc2.b"]
    kept.append((a, n1, q, key, v, w, y, m, n2, u, phi))
last, n3 = norm(x, "last")
loss, g = softmax_cross_entropy(last @ p["head.W"] + p["head.b"], following.reshape(-1))

dx = norm_back(affine_back(last, g, "head.W", "head.b"), n3, "last")
for k in range(BLOCKS, 0, -1):
    b = f"block{k}."
    a, n1, q, key, v, w, y, m, n2, u, phi = kept[k - 1]
    du = affine_back(u * phi, dx, b + "fc2.W", b + "fc2.b") * (phi + u * np.exp(-u * u / 2) / math.sqrt(2 * math.pi))
    dx = dx + norm_back(affine_back(m, du, b + "fc1.W", b + "fc1.b"), n2, b + "ln2")
    dy = heads(affine_back(y, dx, b + "attn.Wo", b + "attn.bo"))
    dw = dy @ v.transpose(0, 1, 3, 2)
    ds = w * (dw - (dw * w).sum(-1, keepdims=True)) / math.sqrt(D)
    back = {"q": ds @ key, "k": ds.transpose(0, 1, 3, 2) @ q, "v": w.transpose(0, 1, 3, 2) @ dy}
    da = sum(affine_back(a, joined(back[name]), f"{b}attn.W{name}", f"{b}attn.b{name}") for name in "qkv")
    dx = dx + norm_back(da, n1, b + "ln1")
d["positional1.W"] = dx.reshape(N, T, E).sum(0)
d["embedding1.W"] = np.zeros((V, E))
np.add.at(d["embedding1.W"], text.reshape(-1), dx)

compare(sys.argv[1], sys.argv[2] + "/tiny_gpt.nn", dict(text=text, next=following), p, "nll", loss, d)

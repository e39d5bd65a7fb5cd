"""The character LSTM: embedding, LSTM with gates in the order input, forget, cell, output, and a dense head."""
import sys

import numpy as np

from reference import compare, sigmoid, softmax_cross_entropy

r = np.random.RandomState(5)
T, N, V, E, H = 7, 3, 64, 32, 128
text, following = r.randint(0, V, (T, N)), r.randint(0, V, (T, N))
p = {
    "embedding1.W": r.randn(V, E), "lstm1.Wx": 0.1 * r.randn(E, 4 * H), "lstm1.Wh": 0.1 * r.randn(H, 4 * H),
    "lstm1.b": 0.1 * r.randn(4 * H), "head.W": 0.1 * r.randn(H, V), "head.b": 0.1 * r.randn(V),
}
Wx, Wh = p["lstm1.Wx"], p["lstm1.Wh"]

x = p["embedding1.W"][text]
h, c, kept, hs = np.zeros((N, H)), np.zeros((N, H)), [], np.zeros((T, N, H))
for t in range(T):
    zi, zf, zg, zo = np.split(x[t] @ Wx + h @ Wh + p["lstm1.b"], 4, axis=1)
    i, f, g, o = sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo)
    kept.append((h, c, i, f, g, o))
    c = f * c + i * g
    h = o * np.tanh(c)
    hs[t] = h
flat = hs.reshape(T * N, H)
loss, dz = softmax_cross_entropy(flat @ p["head.W"] + p["head.b"], following.reshape(-1))

d = {name: np.zeros_like(value) for name, value in p.items()}
d["head.W"], d["head.b"] = flat.T @ dz, dz.sum(0)
d_hs = (dz @ p["head.W"].T).reshape(T, N, H)
dh, dc = np.zeros((N, H)), np.zeros((N, H))
for t in reversed(range(T)):
    before, c_before, i, f, g, o = kept[t]
    tc = np.tanh(f * c_before + i * g)
    dh = dh + d_hs[t]
    dc = dc + dh * o * (1 - tc * tc)
    gates = np.concatenate([dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g * g),
                            dh * tc * o * (1 - o)], axis=1)
    d["lstm1.Wx"] += x[t].T @ gates
    d["lstm1.Wh"] += before.T @ gates
    d["lstm1.b"] += gates.sum(0)
    np.add.at(d["embedding1.W"], text[t], gates @ Wx.T)
    dh, dc = gates @ Wh.T, dc * f

compare(sys.argv[1], sys.argv[2] + "/char_lstm.nn", dict(text=text, next=following), p, "nll", loss, d)

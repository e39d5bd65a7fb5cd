"""LeNet-5: convolutions as sums over shifted images, averaging over 2 by 2."""
import sys

import numpy as np

from reference import compare, softmax_cross_entropy

r = np.random.RandomState(6)
N = 3
image, label = r.rand(N, 1, 28, 28), r.randint(0, 10, N)
p = {}
for name, shape in (("conv2d1", (6, 1, 5, 5)), ("conv2d2", (16, 6, 5, 5)), ("dense1", (400, 120)), ("dense2", (120, 84)),
                    ("dense3", (84, 10))):
    conv = name.startswith("conv")
    fan = np.prod(shape[1:]) if conv else shape[0]
    p[name + ".W"] = r.randn(*shape) / np.sqrt(fan)
    p[name + ".b"] = 0.1 * r.randn(shape[0] if conv else shape[1])


def conv(x, name):
    W, b = p[name + ".W"], p[name + ".b"]
    rows, columns = x.shape[2] - 4, x.shape[3] - 4
    y = np.zeros((N, len(b), rows, columns)) + b[:, None, None]
    for u in range(5):
        for v in range(5):
            y += np.einsum("ncij,oc->noij", x[:, :, u:u + rows, v:v + columns], W[:, :, u, v])
    return y


def conv_back(x, name, dy):
    W, dx = p[name + ".W"], np.zeros_like(x)
    rows, columns = dy.shape[2:]
    d[name + ".W"] = np.zeros_like(W)
    d[name + ".b"] = dy.sum((0, 2, 3))
    for u in range(5):
        for v in range(5):
            d[name + ".W"][:, :, u, v] = np.einsum("noij,ncij->oc", dy, x[:, :, u:u + rows, v:v + columns])
            dx[:, :, u:u + rows, v:v + columns] += np.einsum("noij,oc->ncij", dy, W[:, :, u, v])
    return dx


def average(x):
    return (x[:, :, ::2, ::2] + x[:, :, 1::2, ::2] + x[:, :, ::2, 1::2] + x[:, :, 1::2, 1::2]) / 4


def spread(g):
    return np.repeat(np.repeat(g, 2, axis=2), 2, axis=3) / 4


d = {}
padded = np.pad(image, ((0, 0), (0, 0), (2, 2), (2, 2)))
t1 = np.tanh(conv(padded, "conv2d1"))
a1 = average(t1)
t2 = np.tanh(conv(a1, "conv2d2"))
a2 = average(t2)
h = [a2.reshape(N, -1)]
for name in ("dense1", "dense2"):
    h.append(np.tanh(h[-1] @ p[name + ".W"] + p[name + ".b"]))
loss, g = softmax_cross_entropy(h[2] @ p["dense3.W"] + p["dense3.b"], label)
for k in (3, 2, 1):
    name = f"dense{k}"
    d[name + ".W"], d[name + ".b"] = h[k - 1].T @ g, g.sum(0)
    g = g @ p[name + ".W"].T
    if k > 1:
        g = g * (1 - h[k - 1] ** 2)
g = conv_back(a1, "conv2d2", spread(g.reshape(a2.shape)) * (1 - t2 ** 2))
conv_back(padded, "conv2d1", spread(g) * (1 - t1 ** 2))

compare(sys.argv[1], sys.argv[2] + "/lenet.nn", dict(image=image, label=label), p, "nll", loss, d)

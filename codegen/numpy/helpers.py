def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1 + e)


def erf(x):
    return np.vectorize(math.erf, otypes=[float])(x)


def erfc(x):
    return np.vectorize(math.erfc, otypes=[float])(x)


def lgamma(x):
    return np.vectorize(math.lgamma, otypes=[float])(x)


def place(x, shape, where):
    """x put into zeros."""
    y = np.zeros(shape, np.asarray(x).dtype)
    y[where] = x
    return y


def scatter(g, ids, shape, axis):
    """What x[ids] hands back: each part of g is added to the row that was looked up."""
    y = np.zeros(shape)
    np.add.at(y, (slice(None),) * axis + (ids,), g)
    return y


def window_places(out, span, stride, dilation, pad):
    return np.arange(out)[:, None] * stride + np.arange(span)[None, :] * dilation - pad


def windows(x, axis, out, span, stride, dilation, pad):
    """Axis L of x becomes two, [out, span]: zeros outside."""
    at = window_places(out, span, stride, dilation, pad)
    inside = (at >= 0) & (at < x.shape[axis])
    y = np.take(x, np.where(inside, at, 0), axis=axis)
    return y * inside.reshape(inside.shape + (1,) * (x.ndim - axis - 1))


def overlap(w, axis, length, stride, dilation, pad):
    """What windows hands back: overlapping ones add up."""
    at = window_places(w.shape[axis], w.shape[axis + 1], stride, dilation, pad)
    at = np.where((at >= 0) & (at < length), at, length)
    y = np.zeros(w.shape[:axis] + (length + 1,) + w.shape[axis + 2:])
    np.add.at(y, (slice(None),) * axis + (at,), w)
    return y[(slice(None),) * axis + (slice(length),)]


def cumsum(x, axis, reverse, exclusive):
    x = np.flip(x, axis) if reverse else x
    y = np.cumsum(x, axis) - x if exclusive else np.cumsum(x, axis)
    return np.flip(y, axis) if reverse else y


def matrices(f, *args):
    """f of matrices, NaN throughout where one is singular or not positive definite."""
    try:
        return f(*args)
    except np.linalg.LinAlgError:
        return np.full(np.shape(args[-1]), np.nan)


def cholesky(a):
    return matrices(np.linalg.cholesky, (a + np.swapaxes(a, -1, -2)) / 2)


def factors(a):
    """The matrix in the shape of its factors, of which a row holds the exchanges."""
    return np.concatenate([a, np.zeros_like(a[..., :1, :])], axis=-2)


def solve(a, b):
    return matrices(np.linalg.solve, a, b)


def logdet(a):
    sign, log = np.linalg.slogdet(a)
    return np.where(sign < 0, np.nan, log)[..., None]


def orthonormal(x):
    """The columns of x, or the rows where those are fewer, made orthonormal one after the other."""
    a = np.reshape(x, (x.shape[0], -1)).copy()
    v = a.T if a.shape[0] >= a.shape[1] else a
    for j in range(len(v)):
        for i in list(range(j)) * 2:
            v[j] -= np.dot(v[i], v[j]) * v[i]
        size = np.sqrt(np.dot(v[j], v[j]))
        v[j] = v[j] / size if size else v[j]
    return np.reshape(a, x.shape)


GOLDEN = 0x9e3779b97f4a7c15


def mix(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xbf58476d1ce4e5b9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94d049bb133111eb)
    return z ^ (z >> np.uint64(31))


def uniform(key, stream, shape):
    """The same numbers of [0, 1) as nngen's: a counter, mixed."""
    n = int(np.prod(shape, dtype=np.int64))
    i = np.arange(1, n + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        begin = mix(np.uint64((key + GOLDEN * stream) % 2**64))
        z = mix(begin + np.uint64(GOLDEN) * i)
    return np.reshape((z >> np.uint64(40)).astype(float) * 2.0**-24, shape)


def call_key(state):
    """Of the random numbers of this call."""
    with np.errstate(over="ignore"):
        key = int(mix(np.uint64((state["seed"] + GOLDEN * state["calls"]) % 2**64)))
    state["calls"] += 1
    return key

"""Random models that are valid and tame: text(seed) is the same for ever. A line a statement, each with the shape of
what it binds behind a #, so that differ.py can take lines out or put parameters in their place."""
import random, re

SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 37, 64, 65]
ELEMENTS = 6000  # of one array at most
MAPS = [  # text, and how large it is for arguments of size 1; None: as large as they are
    ('tanh({})', 1), ('sigmoid({})', 1), ('exp(0.5*{})', 2), ('softplus({})', 1.5), ('gelu({})', None), ('silu({})',
            None),
    ('sin({})', 1), ('cos(2*{})', 1), ('log(1.5 + {}**2)', 1), ('sqrt(0.3 + {}**2)', None), ('abs({} + 0.0137)', None),
    ('relu({} + 0.0171)', None), ('{}**2', None), ('{}**3', None), ('erf({})', 1), ('erfc({})', 1), ('log1p({}**2)', 1),
    ('rsqrt(1.1 + {}**2)', 1), ('1 / (1.25 + {}**2)', 1), ('atan({})', 1), ('elu({} + 0.0119)', None), ('mish({})',
            None),
    ('leaky_relu({} + 0.0093)', None), ('softsign({})', 1), ('hard_tanh({} + 0.0077)', 1),
            ('hard_sigmoid({} + 0.003)', 1),
    ('expm1(0.3*{})', 1), ('clamp({}, -0.371, 0.419)', 0.5), ('logsigmoid({})', 1), ('asinh({})', 1),
            ('relu6(3*{} + 0.019)', 2),
    ('-{}', None), ('0.7*{} - 0.2', None), ('where({} > 0.0611, 1, 0.3)', 1), ('selu({} + 0.007)', None),
            ('cbrt(2 + tanh({}))', 1),
    ('sinh(0.4*{})', 1), ('cosh(0.4*{})', 1), ('stop_gradient({})', None), ('gelu({}, approx = 1)', None),
    ('hard_swish({} + 0.0021)', None), ('acos(0.9*tanh({}))', 2), ('tan(0.5*tanh({}))', 1),
            ('lgamma(2.5 + tanh({}))', 1),
    ('log(3 + {}**2) / log(2)', 2), ('floor(2*{} + 0.217)', 2), ('atan2({}, 1.5 + {}**2)', 1), ('log2(3 + {}**2)', 2),
    ('(2 + tanh({}))**1.7', 4), ('2**tanh({})', 2), ('acosh(1.5 + {}**2)', 2), ('atanh(0.8*tanh({}))', 1)]
PAIRS = ['{} + {}', '{} - {}', '{} * {}', '{} * {}', '{} / (1.5 + {}**2)', 'max({} + 0.0131, {})',
        'min({}, {} - 0.0117)',
         'where({0} > 0.0133, {1}, 0.5*{0})', 'where({1} < 0.0171, {0}, {1})', 'hypot({} + 2.5, {})',
                 '0.5*{} + 0.25*{}',
         'xlogy({}, 1.2 + {}**2)', 'atan2({}, 2.5 + {}**2)', '(1.5 + tanh({}))**{}']


class Value:
    def __init__(self, name, shape, size=1.0, below=None):
        self.name, self.shape, self.size, self.below = name, list(shape), size, below


class Model:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.head, self.body, self.values, self.ints, self.weights, self.inputs = [], [], [], [], [], []
        self.count, self.depth, self.counter = 0, 0, []
        self.dims()
        for _ in range(self.r.randint(1, 3)): self.input()
        for _ in range(self.r.randint(0, 2)): self.integers()
        for _ in range(self.r.choice([2, 3, 4, 5, 6, 8, 10, 14])): self.statement()
        self.ending()

    # ---- names, sizes ----

    def pick(self, xs): return self.r.choice(xs)
    def chance(self, p): return self.r.random() < p

    def dims(self):
        r = self.r
        top = self.pick([5, 9, 17, 37, 65])
        sizes = [s for s in SIZES if s <= top]
        self.size = {}
        for name in ['A', 'B', 'C', 'D', 'E'][:r.randint(2, 5)]: self.size[name] = self.pick(sizes)
        self.run_time = {}
        if self.chance(0.5):
            bound = self.pick(sizes)
            self.run_time['N'] = bound
            self.size['N'] = self.pick([1, bound, r.randint(1, bound)])
        for name in sorted(self.size):
            if name in self.run_time: self.head.append(f'dim {name} <= {self.run_time[name]}')
            else: self.head.append(f'dim {name} = {self.size[name]}')

    def of(self, dim): return dim if isinstance(dim, int) else self.size[dim]
    def known(self, dim): return dim not in self.run_time

    def elements(self, shape):
        n = 1
        for d in shape: n *= d if isinstance(d, int) else self.run_time.get(d, self.size[d])
        return n

    def fresh(self, letter='v'):
        self.count += 1
        return f'{letter}{self.count}'

    def shape(self, ranks=(1, 2, 2, 2, 3, 3, 4)):
        names = sorted(self.size)
        for _ in range(50):
            shape = [self.pick(names) for _ in range(self.pick(ranks))]
            if self.elements(shape) <= ELEMENTS: return shape
        return [names[0]]

    @staticmethod
    def brackets(shape): return '[' + ', '.join(map(str, shape)) + ']' if shape else ''

    def line(self, text, shape=None):
        self.body.append('  ' * self.depth + text + (f'  # {self.brackets(shape)}' if shape is not None else ''))

    def keep(self, shape, text, size=1.0, left=None):
        """Binds a new name to the text, brought back to size 1 where it grew; left: index variables."""
        if self.elements(shape) > ELEMENTS: return None
        v = Value(self.fresh(), shape, size)
        if size > 3 and not left:
            text, v.size = self.pick([(f'tanh({text})', 1), (f'{1/size:.3g}*({text})', 1)])
        checked = self.brackets(shape) if shape and not left and self.chance(0.3) and all(isinstance(d,
                str) for d in shape) else ''
        self.line(f'{v.name}{left or checked} = {text}', shape)
        self.values.append(v)
        return v

    def input(self, shape=None):
        shape = shape if shape is not None else self.shape()
        v = Value(self.fresh('x'), shape)
        self.head.append(f'input {v.name}{self.brackets(shape)}')
        self.inputs.append(v)
        self.values.append(v)
        return v

    def integers(self):
        below = self.pick([d for d in self.size if self.known(d)])
        v = Value(self.fresh('k'), self.shape((1, 1, 2)), below=below)
        self.head.append(f'input {v.name}{self.brackets(v.shape)} in {below}')
        self.inputs.append(v)
        self.ints.append(v)

    def param(self, shape, spread=None):
        """A parameter, an old one of that shape now and then."""
        same = [w for w in self.weights if w.shape == list(shape)]
        if same and self.chance(0.3): return self.pick(same).name
        w = Value(self.fresh('w'), shape)
        spread = spread or self.pick([0.3, 1])
        self.head.append(f'param {w.name}{self.brackets(shape)} = normal(0, {spread})')
        self.weights.append(w)
        return w.name

    def some(self, want=lambda v: True):
        found = [v for v in self.values if want(v)]
        if not found: return None
        return self.pick(found[-5:]) if self.chance(0.7) else self.pick(found)

    def shaped(self, shape):
        """Text of that shape."""
        v = self.some(lambda v: v.shape == list(shape))
        if v and self.chance(0.7): return v.name
        v = self.some(lambda v: v.shape and shape and v.shape[:-1] == list(shape)[:-1]
                and self.elements([v.shape[-1], shape[-1]]) <= ELEMENTS
                      and self.known(v.shape[-1]) and self.known(shape[-1]))
        if v and self.chance(0.8): return f'tanh({v.name} @ {self.param([v.shape[-1], shape[-1]], 0.4)})'
        if not any(d in self.run_time for d in shape): return self.param(shape)
        v = self.some()
        return f'(zeros{self.brackets(shape)} + mean({v.name}))'

    @staticmethod
    def single(v, d): return isinstance(d, int) or v.shape.count(d) == 1

    def axis(self, shape, k):
        d = shape[k]
        if isinstance(d, str) and shape.count(d) == 1 and self.chance(0.6): return d
        return str(self.pick([k, k - len(shape)]))

    # ---- statements ----

    def statement(self):
        kinds = [(self.map, 8), (self.pair, 9), (self.reduce, 5), (self.rows, 4), (self.product, 6), (self.notation, 5),
                 (self.slice, 4), (self.move, 4), (self.join, 3), (self.gather, 3), (self.scan, 2), (self.mask, 2)]
        if self.depth == 0:
            kinds += [(self.loop, 4), (self.images, 3), (self.layer, 4), (self.derivative, 2), (self.state, 1),
                    (self.algebra, 1),
                      (self.noise, 1), (self.blocks, 1), (self.recurrent, 1), (self.sequence, 1)]
        else: kinds += [(self.derivative, 1), (self.algebra, 1)]
        if self.depth == 1: kinds += [(self.loop, 1)]
        make = self.r.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
        make()

    def map(self):
        v = self.some()
        text, size = self.pick(MAPS)
        power = 3 if '**3' in text else 2 if text == '{}**2' else 1
        size = size if size is not None else max(1, v.size) ** power
        if size > 3 and 'sinh' in text or v.size > 3: return
        self.keep(v.shape, text.replace('{}', v.name), size)

    def pair(self):
        a = self.some()
        def fits(b):
            if b.shape == a.shape or not b.shape: return True
            if len(b.shape) > len(a.shape): return False
            if any(b.shape.count(d) != a.shape.count(d) for d in b.shape): return False
            if 1 in b.shape or 1 in a.shape: return False
            if b.shape == a.shape[len(a.shape) - len(b.shape):]: return True
            rest = iter(a.shape)
            return all(isinstance(d, str) for d in b.shape) and all(any(d == e for e in rest) for d in b.shape)
        b = self.some(fits) or a
        name = b.name
        if self.chance(0.25):
            shape = [d for d in a.shape[self.r.randint(0, len(a.shape)):]]
            once = all(shape.count(d) == a.shape.count(d) for d in shape)
            if all(self.known(d) for d in shape) and 1 not in a.shape and once:
                name, b = self.param(shape), a
        text = self.pick(PAIRS)
        if text.startswith('(1.5') and max(a.size, b.size) > 2: return
        pair = (a.name, name) if self.chance(0.7) or 'tanh' in text or 'where' in text else (name, a.name)
        size = a.size * b.size if '*' in text else a.size + b.size
        self.keep(a.shape, text.format(*pair), max(1, size))

    def reduce(self):
        v = self.some(lambda v: v.shape)
        if not v: return
        how = self.pick(['sum', 'sum', 'mean', 'mean', 'max', 'min', 'logsumexp', 'norm', 'var', 'std', 'prod'])
        ks = sorted(self.r.sample(range(len(v.shape)), self.r.choice([1, 1, 1, min(2, len(v.shape))])))
        n = self.elements([v.shape[k] for k in ks])
        text = v.name
        if how in ('std', 'norm'): text = f'{v.name} + {0.31 if how == "norm" else 0}'
        if how == 'std' and n < 3: how = 'mean'
        if how == 'prod': text = f'1 + 0.1*tanh({v.name})'
        if how in ('max', 'min') and self.weights: text = f'{v.name}'
        axes, rest = ', '.join(self.axis(v.shape, k) for k in ks), [d for k, d in enumerate(v.shape) if k not in ks]
        keep = ''
        if self.chance(0.3):
            keep, rest = ', keep = 1', [1 if k in ks else d for k, d in enumerate(v.shape)]
        size = {'sum': n * v.size, 'logsumexp': v.size + 4, 'norm': n ** 0.5 * v.size, 'var': v.size ** 2,
                'prod': 1.1 ** min(n, 60)}.get(how, v.size)
        if how == 'prod' and n > 40: return
        got = self.keep(rest, f'{how}[{axes}]({text}{keep})', size)
        if got and keep and self.chance(0.8):
            self.keep(v.shape, f'{v.name} {self.pick("+-*")} {got.name}', max(v.size, v.size * got.size))

    def rows(self):
        v = self.some(lambda v: v.shape)
        if not v: return
        k = len(v.shape) - 1 if self.chance(0.6) else self.r.randrange(len(v.shape))
        a = self.axis(v.shape, k)
        self.keep(v.shape, self.pick([f'softmax[{a}]({v.name})', f'log_softmax[{a}]({v.name})',
                f'softmax[{a}](3*{v.name})',
                  f'{v.name} - mean[{a}]({v.name}, keep = 1)',
                          f'({v.name} - mean[{a}]({v.name}, keep = 1)) * rsqrt(var[{a}]({v.name}, keep = 1) + 0.1)',
                  f'{v.name} / (0.5 + sum[{a}](abs({v.name}), keep = 1))', f'cumsum[{a}](0.2*{v.name})',
                  f'{v.name} * rsqrt(mean[{a}]({v.name}**2, keep = 1) + 0.1)',
                          f'exp(0.3*{v.name} - logsumexp[{a}]({v.name}, keep = 1))']), 2)

    def product(self):
        v = self.some(lambda v: v.shape and self.known(v.shape[-1]))
        if not v: return
        k = v.shape[-1]
        what = self.pick(['param', 'param', 'param', 'self', 'value', 'vector'])
        size = self.of(k) ** 0.5 * v.size
        if what == 'self' and len(v.shape) == 2: self.keep([v.shape[0]] * 2,
                f'{v.name} @ {v.name}.T / {max(1, self.of(k)) ** 0.5:.3g}', v.size ** 2 * 2)
        elif what == 'vector': self.keep(v.shape[:-1], f'{v.name} @ {self.param([k])}', size)
        elif what == 'value':
            b = self.some(lambda b: len(b.shape) == 2 and b.shape[0] == k)
            if b: self.keep(v.shape[:-1] + [b.shape[1]], f'{v.name} @ {b.name}', size * b.size)
        else:
            o = self.pick([d for d in self.size if self.known(d)])
            if self.elements([k, o]) > ELEMENTS: return
            if self.chance(0.2): self.keep(v.shape[:-1] + [o], f'{v.name} @ {self.param([o, k])}.T', size)
            elif self.chance(0.6) and o not in v.shape[:-1]: self.keep(v.shape[:-1] + [o],
                    f'tanh({v.name} @ {self.param([k, o], 0.4)} + {self.param([o])})', 1)
            else: self.keep(v.shape[:-1] + [o], f'{v.name} @ {self.param([k, o], 0.4)}', size)

    def notation(self):
        """Products of two or three with any order of index variables, diagonals, sums, windows."""
        vs = [self.some(lambda v: 1 <= len(v.shape) <= 3 and 1 not in v.shape) for _ in range(self.pick([1, 2, 2, 3]))]
        if None in vs: return
        letters, of, uses, size = iter('ijklmnpq'), {}, [], 1
        for v in vs:
            names = []
            for d in v.shape:
                old = [c for c, e in of.items() if e == d]
                if old and self.chance(0.75): names.append(self.pick(old))
                else:
                    c = next(letters, None)
                    if c is None: return
                    of[c] = d
                    names.append(c)
            uses.append(f'{v.name}[{", ".join(names)}]')
            size *= v.size
        cs = list(of)
        self.r.shuffle(cs)
        out = cs[:self.r.randint(0, min(3, len(cs)))]
        inner = [c for c in cs if c not in out]
        n = 1
        for c in inner: n *= self.of(of[c])
        total = 1
        for c in cs: total *= self.of(of[c])
        if total > 200000: return
        text = ' * '.join(uses)
        if len(uses) == 2 and self.chance(0.2): text = f'tanh({uses[0]} - {uses[1]})'
        if inner and not out: return
        how = 'sum' if self.chance(0.8) else self.pick(['mean', 'max', 'logsumexp'])
        if inner: text = f'{1 / max(1, n) ** 0.5:.3g} * {how}[{", ".join(inner)}]({text})'
        self.keep([of[c] for c in out], text, max(1, size), '[' + ', '.join(out) + ']')
        if inner and how == 'sum' or size <= 1: return
        last = self.values[-1]
        self.keep(last.shape, f'tanh({last.name})', 1)

    def slice(self):
        v = self.some(lambda v: v.shape)
        if not v: return
        index, shape = [], []
        for d in v.shape:
            n = self.of(d)
            what = self.pick(['all', 'all', 'one', 'range', 'step', 'last', 'list'])
            if not self.known(d): what = self.pick(['all', 'new']) if what != 'all' else 'all'
            if what == 'all': index.append(':'); shape.append(d)
            elif what == 'new': index += [':', '_']; shape += [d, 1]
            elif what == 'one': index.append(str(self.r.randrange(n)))
            elif what == 'last': index.append(str(-self.r.randint(1, n)))
            elif what == 'list':
                take = [self.r.randrange(n) for _ in range(self.r.randint(2, 4))]
                index.append(str(take)); shape.append(len(take))
                if any(i.startswith('[') for i in index[:-1]): return
            else:
                a = self.r.randrange(n)
                b = self.r.randint(a + 1, n)
                step = self.pick([2, 3]) if what == 'step' else 1
                index.append(f'{a}:{b}' + (f':{step}' if step > 1 else ''))
                shape.append(d if (a, b, step) == (0, n, 1) else (b - a + step - 1) // step)
        if len(shape) > 5: return
        lists, numbers = any(i.startswith('[') for i in index), any(i.lstrip('-').isdigit() for i in index)
        if lists and numbers: return
        if any(d == s and i != ':' and isinstance(d, str) for d, s, i in zip(v.shape, shape, index)): return
        self.keep(shape, f'{v.name}[{", ".join(index)}]', v.size)

    def move(self):
        v = self.some(lambda v: v.shape)
        if not v: return
        n, k = len(v.shape), self.r.randrange(len(v.shape))
        a, d = self.axis(v.shape, k), v.shape[k]
        what = self.pick(['transpose', 'transpose', 'flip', 'roll', 'pad', 'flat', 'tile', 'fold', 'rearrange',
                'tri', 'new'])
        if what == 'transpose' and n > 1:
            order = list(range(n))
            self.r.shuffle(order)
            self.keep([v.shape[i] for i in order], f'transpose[{", ".join(map(str, order))}]({v.name})', v.size)
        elif what == 'flip': self.keep(v.shape, f'flip[{a}]({v.name})', v.size)
        elif what == 'roll' and self.known(d): self.keep(v.shape, f'roll[{a}]({v.name}, {self.r.randint(-3, 3)})',
                v.size)
        elif what == 'pad' and self.known(d):
            before, after = self.r.randint(0, 3), self.r.randint(0, 3)
            if before + after == 0: return
            value = self.pick(['', ', value = 0.5'])
            self.keep(v.shape[:k] + [self.of(d) + before + after] + v.shape[k + 1:],
                    f'pad[{a}]({v.name}, {before}, {after}{value})', v.size)
        elif what == 'flat' and all(self.known(d) for d in v.shape[1:]) and n > 1:
            rest = self.elements(v.shape[1:])
            self.keep([v.shape[0], rest], f'reshape[{v.shape[0]}, {rest}]({v.name})', v.size)
        elif what == 'fold' and self.known(v.shape[-1]):
            s = self.of(v.shape[-1])
            parts = [p for p in (2, 3, 4, 5) if s % p == 0]
            if parts:
                p = self.pick(parts)
                shape = v.shape[:-1] + [p, s // p]
                self.keep(shape, f'reshape{self.brackets(shape)}({v.name})', v.size)
        elif what == 'rearrange' and n == 3 and len(set(v.shape)) == 3 and all(isinstance(d, str) for d in v.shape):
            x, y, z = v.shape
            if self.known(x) and self.known(z): self.keep([y, self.of(x) * self.of(z)],
                    f'rearrange({v.name}, [{x}, {y}, {z}] -> [{y}, {x}*{z}])', v.size)
        elif what == 'tri' and n >= 2 and v.shape[-1] == v.shape[-2]:
            self.keep(v.shape, f'{self.pick(["tril", "triu"])}({v.name}{self.pick(["", ", k = 1", ", k = -1"])})',
                    v.size)
        elif what == 'new' and n < 4: self.keep([v.shape[0], 1] + v.shape[1:], f'{v.name}[:, _]', v.size)

    def join(self):
        a = self.some(lambda v: v.shape and self.known(v.shape[-1]))
        if not a: return
        b = self.some(lambda b: b.shape[:-1] == a.shape[:-1] and b.shape and self.known(b.shape[-1])) or a
        same = self.some(lambda b: b.shape == a.shape) or a
        what = self.pick(['concat', 'stack', 'split', 'outer'])
        if what == 'concat': self.keep(a.shape[:-1] + [self.of(a.shape[-1]) + self.of(b.shape[-1])],
                f'concat({a.name}, {b.name})', max(a.size, b.size))
        elif what == 'stack': self.keep(a.shape + [2], f'stack({a.name}, {same.name})', max(a.size, same.size))
        elif what == 'split' and self.of(a.shape[-1]) % 2 == 0:
            half = self.of(a.shape[-1]) // 2
            x, y = self.fresh(), self.fresh()
            shape = a.shape[:-1] + [half]
            self.line(f'{x}, {y} = split({a.name}, 2)')
            self.values += [Value(x, shape, a.size), Value(y, shape, a.size)]
        elif what == 'outer' and len(a.shape) == 1 and len(b.shape) == 1: self.keep(a.shape + b.shape,
                f'outer({a.name}, {b.name})', a.size * b.size)

    def gather(self):
        if not self.ints: return
        k = self.pick(self.ints)
        v = self.some(lambda v: v.shape and v.shape[0] == k.below)
        what = self.pick(['rows', 'rows', 'hot', 'segments', 'label'])
        if what == 'rows':
            if v and self.chance(0.5): name, rest = v.name, v.shape[1:]
            else:
                rest = self.pick([[], self.shape((1,)), self.shape((1,))])
                if not all(self.known(d) for d in rest): return
                name = self.param([k.below] + rest)
            self.keep(k.shape + rest, f'{name}[{k.name}]', 1)
        elif what == 'hot': self.keep(k.shape + [k.below], f'one_hot[{k.below}]({k.name})', 1)
        elif what == 'segments' and len(k.shape) == 1:
            v = self.some(lambda v: v.shape and v.shape[0] == k.shape[0] and v.shape.count(k.shape[0]) == 1)
            if v: self.keep([k.below] + v.shape[1:], f'segment_sum[{k.below}]({v.name}, {k.name})', v.size * 2)
        elif what == 'label':
            v = self.some(lambda v: v.shape == k.shape + [k.below])
            if v: self.keep(k.shape, f'{self.pick(["cross_entropy", "multiclass_hinge"])}({v.name}, {k.name})', 4)

    def mask(self):
        """Causal scores, banded ones, or masks from places."""
        d = self.pick(sorted(self.size))
        v = self.some(lambda v: v.shape == [d, d]) or None
        rows = self.some(lambda v: len(v.shape) == 2 and v.shape[0] == d and v.shape[1] != d)
        if v is None and rows:
            q, k = (f'{rows.name} @ {self.param([rows.shape[1]] * 2, 0.4)}' if self.known(rows.shape[1])
                    else rows.name for _ in 'qk')
            a, b = self.keep(rows.shape, q, 2), self.keep(rows.shape, k, 2)
            if not a or not b: return
            v = self.keep([d, d], f'sum[c]({a.name}[i, c] * {b.name}[j, c]) / {self.of(rows.shape[1]) ** 0.5:.3g}',
                    2, '[i, j]')
        if v is None: return
        test = self.pick(['j <= i', 'j < i + 1', 'j <= i', 'j >= i', 'i - j < 3', 'abs(i - j) < 2',
                'j <= i and i - j < 3'])
        fill = self.pick(['-inf', '-inf', '0', '-2'])
        m = self.keep([d, d], f'where({test}, {v.name}[i, j], {fill})', v.size, '[i, j]')
        if not m: return
        s = self.keep([d, d], f'softmax({m.name})', 1)
        if fill == '-inf': self.values.remove(m)
        if s and rows and self.chance(0.8): self.keep(rows.shape, f'{s.name} @ {rows.name}', rows.size)

    def scan(self):
        """A window along an axis, by index notation."""
        v = self.some(lambda v: 1 <= len(v.shape) <= 3 and self.known(v.shape[-1]) and self.of(v.shape[-1]) >= 4
                and 1 not in v.shape)
        if not v: return
        n, k, stride = self.of(v.shape[-1]), self.r.randint(2, 3), self.pick([1, 1, 2])
        left = 'ij'[:len(v.shape) - 1]
        on = ''.join(c + ', ' for c in left)
        w = self.param([k])
        at = f'{stride}*t+u' if stride > 1 else 't+u'
        self.keep(v.shape[:-1] + [(n - k) // stride + 1], f'sum[u]({v.name}[{on}{at}] * {w}[u])', v.size * 2,
                f'[{on}t]')

    def loop(self):
        turns = self.pick(sorted(self.size) + [2, 3, 6])
        most = 40 if self.depth == 0 else 6
        if self.of(turns) > most: return
        over = [v for v in self.values if v.shape and v.shape[0] == turns and len(v.shape) <= 3]
        depth, kept, t = self.depth, len(self.values), self.pick(['t', 's']) + str(self.count)
        known = self.known(turns)
        shapes = [v.shape[1:] for v in over] or [self.shape((1, 2))]
        carried = [(self.fresh('h'), self.pick(shapes) if self.chance(0.7)
                else self.shape((0, 1, 1, 2))) for _ in range(self.r.randint(0, 2))]
        collected = [] if carried and self.chance(0.3) else [self.fresh('c')]
        starts = [f'{name} = ' + (self.pick([f'zeros{self.brackets(s)}' if s else '0', self.shaped(s) if s
                else '0.5'])) for name, s in carried]
        clauses = (f' carry {", ".join(starts)}' if starts else '') + (f' collect {", ".join(collected)}'
                if collected else '')
        lead = self.pick([0, 0, 0, 1]) if known and self.of(turns) > 1 else 0
        span = f'{lead}..{turns}' if lead else str(turns)
        check = f' checkpoint {self.r.randint(2, 8)}' if carried and known and self.chance(0.2) else ''
        self.line(f'for {t} in {span}{check}{clauses} {{')
        self.depth += 1
        outer = self.values
        self.values = outer[-6:] + [Value(name, s) for name, s in carried]
        for v in self.r.sample(over, min(len(over), 2)):
            at = self.pick([t, t, t, f'{turns}-1-{t}' if not lead else f'{turns}-{t}'] + ([f'{t}-1'] if lead else []))
            self.keep(v.shape[1:], f'{v.name}[{at}]', v.size)
        for _ in range(self.r.randint(0, 3)): self.statement()
        mine = [v for v in self.values if v not in outer]
        for name, s in carried:
            src = self.pick([v for v in mine if v.shape == s] or [Value(name, s)])
            square = s and self.known(s[-1]) and self.elements([s[-1]] * 2) <= ELEMENTS
            w = self.param([s[-1]] * 2, 0.3) if square else None
            self.line(f'{name} = ' + self.pick([f'tanh({src.name} + 0.5*{name})', f'0.6*{name} + 0.3*{src.name}',
                    f'sin({src.name} - {name}) * 0.9']
                      + ([f'tanh({src.name} + {name} @ {w})'] * 3 if w else [])), s)
        made = []
        for name in collected:
            inside = [v for v in self.values if v not in outer]
            v = self.pick(inside) if inside else self.pick(self.values)
            if self.elements([turns] + v.shape) > 4 * ELEMENTS: v = Value('0.5', [])
            text = v.name if self.chance(0.7) else f'{v.name} * 0.7 + {t} * 0.01'
            self.line(f'{name} = {text}', v.shape)
            made.append(Value(name, [turns if not lead else self.of(turns) - lead] + v.shape, v.size))
        self.depth = depth
        self.values = outer
        self.line('}')
        self.values += [Value(name, s, 1.5) for name, s in carried] + made

    # ---- at the top level alone ----

    def images(self):
        r = self.r
        batch = self.pick([d for d in self.size if self.size[d] <= 17] or [2])
        shape = [batch, r.randint(1, 4), r.randint(3, 10), r.randint(3, 10)]
        if self.elements(shape) > ELEMENTS: return
        v = self.some(lambda v: len(v.shape) == 4 and all(self.known(d) and self.of(d) >= 3 for d in v.shape[2:])
                and self.known(v.shape[1]) and all(self.single(v, d) for d in v.shape)) or self.input(shape)
        n, c, h, w = v.shape
        h, w = self.of(h), self.of(w)
        for _ in range(r.randint(1, 3)):
            what = self.pick(['conv', 'conv', 'conv', 'pool', 'norm', 'relu', 'depth', 'up', 'avg'])
            if what in ('conv', 'depth'):
                o, s, stride, pad, dil = r.choice([1, 2, 3, 5, 8, 9]), r.choice([1, 2, 3, 3, 5]), r.choice([1, 1,
                        2]), r.randint(0, 2), r.choice([1, 1, 2])
                reach = dil * (s - 1) + 1
                if reach > min(h, w) + 2 * pad: continue
                h, w = (h + 2 * pad - reach) // stride + 1, (w + 2 * pad - reach) // stride + 1
                extra = f'stride = {stride}, pad = {pad}, dilation = {dil}'
                if what == 'conv':
                    g = self.pick([k for k in (1, 1, 2, 3) if self.of(c) % k == 0 and o % k == 0])
                    c, text = o, f'conv2d[{o}, {s}]({v.name}, {extra}{f", groups = {g}" if g > 1 else ""})'
                else: text = f'depthwise_conv2d[{s}]({v.name}, {extra})'
            elif what in ('pool', 'avg'):
                s, stride = r.choice([2, 2, 3]), r.choice([1, 2, 3])
                pad = r.choice([0, 0, 1])
                if s > min(h, w) + 2 * pad: continue
                h, w = (h + 2 * pad - s) // stride + 1, (w + 2 * pad - s) // stride + 1
                text = f'{"max" if what == "pool" else "avg"}pool2d({v.name}, {s}, stride = {stride}, pad = {pad})'
            elif what == 'up':
                o, s, stride = r.choice([1, 2, 3]), r.choice([1, 2, 3]), r.choice([1, 2])
                h, w, c = stride * (h - 1) + s, stride * (w - 1) + s, o
                text = f'conv_transpose2d[{o}, {s}]({v.name}, stride = {stride})'
            elif what == 'norm': text = self.pick([f'batchnorm({v.name}, eps = 0.1)',
                    f'groupnorm[1]({v.name}, eps = 0.1)'])
            else: text = self.pick([f'relu({v.name} + 0.013)', f'tanh({v.name})', f'gelu({v.name})'])
            if what == 'relu' or what == 'pool' or what == 'avg': size = 1
            else: size = 2
            shape = [n, c, h, w]
            if self.elements(shape) > ELEMENTS: return
            v = self.keep(shape, text, size)
            if not v: return
        if self.chance(0.6): self.keep([n, c], f'global_avgpool({v.name})', 1)
        else: self.keep([n, self.of(c) * h * w], f'flatten({v.name})', 1)

    def layer(self):
        v = self.some(lambda v: v.shape and self.known(v.shape[-1]))
        if not v: return
        rest, k = v.shape[:-1], v.shape[-1]
        o = self.pick([d for d in self.size if self.known(d)])
        if self.elements(rest + [o]) > ELEMENTS or self.elements([k, o]) > ELEMENTS: return
        if o in rest or k in rest: return  # a bias of an axis that is there twice wants its place said
        act = self.pick(['tanh', 'gelu', 'silu', 'sigmoid', 'identity', 'softplus'])
        what = self.pick(['dense', 'dense', 'norm', 'rms', 'twice', 'drop'])
        if what == 'dense': self.keep(rest + [o], f'dense[{o}]({v.name}, act = {act})', 2)
        elif what == 'norm': self.keep(v.shape, f'layernorm({v.name}, eps = 0.1)', 2)
        elif what == 'rms': self.keep(v.shape, f'rmsnorm({v.name}, eps = 0.1)', 2)
        elif what == 'drop': self.keep(v.shape, f'dropout({v.name}, p = 0.3)', v.size)
        else:
            name = self.fresh('layer')
            self.line(f'{name} = dense[{k}](act = {act})')
            first = self.keep(v.shape, f'{name}({v.name})', 1.5)
            if first: self.keep(v.shape, f'{name}({first.name}) + {v.name}', 3)

    def blocks(self):
        """The same block again and again, as long texts have it."""
        v = self.some(lambda v: v.shape and self.known(v.shape[-1]) and self.elements(v.shape) <= 2000
                and v.shape[-1] not in v.shape[:-1])
        if not v: return
        k, h = v.shape[-1], self.fresh('r')
        self.line(f'{h} = {v.name}', v.shape)
        self.line(f'repeat l{self.count} in 0..{self.r.randint(2, 5)} {{')
        self.line('  ' + self.pick([f'{h} = {h} + dense[{k}](tanh(dense[{min(16, self.of(k) + 1)}]({h})))',
                f'{h} = layernorm({h} + dense[{k}]({h}, act = gelu), eps = 0.1)',
                                    f'{h} = {h} + 0.5*softmax(dense[{k}]({h}))']), v.shape)
        self.line('}')
        self.keep(v.shape, f'tanh({h})', 1)

    def recurrent(self):
        v = self.some(lambda v: len(v.shape) == 3 and self.known(v.shape[2]) and self.of(v.shape[0]) <= 20)
        if not v: return
        t, n, i = v.shape
        h = self.pick([d for d in self.size if self.known(d)])
        if self.elements([i, h]) * 4 > ELEMENTS or self.elements([h, h]) * 4 > ELEMENTS or self.elements([t, n,
                h]) > ELEMENTS: return
        kind = self.pick(['rnn', 'lstm', 'gru'])
        a, b = self.fresh(), self.fresh()
        self.line(f'{a}, {b}{", " + self.fresh() if kind == "lstm" else ""} = {kind}[{h}]({v.name})')
        self.values += [Value(a, [t, n, h]), Value(b, [n, h])]

    def sequence(self):
        v = self.some(lambda v: len(v.shape) == 3 and self.known(v.shape[2]) and self.known(v.shape[1])
                and self.of(v.shape[1]) <= 20 and self.elements([v.shape[2]] * 2) <= ELEMENTS)
        if not v: return
        heads = self.pick([h for h in (1, 2, 3, 4) if self.of(v.shape[2]) % h == 0])
        causal = self.pick([0, 1])
        self.keep(v.shape, self.pick([f'attention[{heads}]({v.name}, causal = {causal})',
                f'transformer_block[{heads}, {self.r.randint(3, 20)}]({v.name}, causal = {causal})']), 2)

    def derivative(self):
        x = self.some(lambda v: self.elements(v.shape) <= 600)
        if not x: return
        y, f = self.fresh(), self.pick(['sum({}**3)', 'sum(tanh({}))', 'mean(sin({})**2)', 'logsumexp({})',
                'sum(exp(0.3*{}) * cos({}))'])
        if x.shape and self.known(x.shape[-1]) and self.elements([x.shape[-1]] * 2) <= ELEMENTS and self.chance(0.6):
            f = f.replace('{}', f'tanh({{}} @ {self.param([x.shape[-1]] * 2, 0.4)})')
        self.line(f'{y} = ' + f.replace('{}', x.name), [])
        g = self.keep(x.shape, f'd({y})/d({x.name})', 3)
        if g: self.values.append(Value(y, [], 10))

    def state(self):
        v = self.some(lambda v: v.shape and any(self.known(d) for d in v.shape))
        if not v: return
        ks = [k for k, d in enumerate(v.shape) if not self.known(d)] or [0]
        if len(ks) == len(v.shape): return
        rest = [d for k, d in enumerate(v.shape) if k not in ks]
        m = Value(self.fresh('m'), rest)
        self.head.append(f'state {m.name}{self.brackets(rest)} = {self.pick(["zeros()", "ones()"])}')
        self.line(f'{m.name} <- 0.9*{m.name} + 0.1*mean[{", ".join(map(str, ks))}]({v.name})')
        self.values.append(m)

    def algebra(self):
        v = self.some(lambda v: len(v.shape) == 2 and self.known(v.shape[0]) and 2 <= self.of(v.shape[0]) <= 9
                and 1 not in v.shape)
        if not v: return
        n, m = v.shape
        spd = self.keep([n, n], f'{v.name} @ {v.name}.T + 2*eye[{n}]' if isinstance(n, str)
                else f'{v.name} @ {v.name}.T + 2*eye[{n}]', 1)
        if not spd: return
        what = self.pick(['solve', 'cholesky', 'logdet', 'tri', 'inv'])
        if what == 'solve': self.keep(v.shape, f'solve({spd.name}, {v.name})', 1)
        elif what == 'cholesky': self.keep([n, n], f'cholesky({spd.name})', 3)
        elif what == 'logdet': self.keep([], f'logdet({spd.name})', 10)
        elif what == 'inv': self.keep([n, n], f'inv({spd.name})', 1)
        else: self.keep(v.shape, f'tri_solve(cholesky({spd.name}), {v.name})', 1)

    def noise(self):
        v = self.some()
        self.keep(v.shape, f'{v.name} + 0.3*{self.pick(["normal", "uniform"])}{self.brackets(v.shape) or "()"}',
                v.size + 0.5)

    def ending(self):
        r, used = self.r, ' '.join(self.body)
        terms = list(self.values[-3:])
        for v in self.values:
            if v not in terms and self.chance(0.2): terms.append(v)
        self.line('loss total = 0')
        for v in terms:
            self.line('  + ' + self.pick([f'mean({v.name}**2)', f'mean(sin(1.3*{v.name}))', f'0.1*mean({v.name})',
                    f'mean(tanh({v.name}))']) + '  # term')
        for v in r.sample(self.values, min(len(self.values), 4)):
            if v not in self.inputs: self.line(f'output {v.name}')
        floats = [v.name for v in self.inputs if v.below is None]
        if self.chance(0.8): self.line(f'wrt {", ".join(floats)}')
        if self.weights or re.search(r'dense|layer|norm\(|groupnorm|conv|attention|rnn|lstm|gru|transformer', used):
            self.line('train ' + self.pick(['sgd(lr = 0.1)', 'momentum(lr = 0.05)', 'clip_norm(1) |> sgd(lr = 0.2)',
                    'adam(lr = 0.01, eps = 0.01)', 'rmsprop(lr = 0.01, eps = 0.1)',
                                           'clip_norm(0.5) |> adam(lr = 0.01, eps = 0.01)',
                                                   'weight_decay(0.01) |> nesterov(lr = 0.05)']))

    def text(self): return '\n'.join(self.head + self.body) + '\n'


def nested(shape, draw):
    if not shape: return draw()
    return [nested(shape[1:], draw) for _ in range(shape[0])]


def given(model, seed):
    """Values of the inputs, as flat lists with their shapes."""
    r, out = random.Random(seed * 7919 + 1), {}
    for v in model.inputs:
        shape = [model.of(d) for d in v.shape]
        n = 1
        for s in shape: n *= s
        if v.below is None: out[v.name] = (shape, [round(r.gauss(0, 1), 6) for _ in range(n)], False)
        else: out[v.name] = (shape, [r.randrange(model.size[v.below]) for _ in range(n)], True)
    return out


if __name__ == '__main__':
    import sys
    print(Model(int(sys.argv[1])).text(), end='')

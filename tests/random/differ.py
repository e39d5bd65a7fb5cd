"""differ.py NNGEN FROM TO [--light] [--all] [--shrink] [--seconds=S]: the models of those seeds give the same values,
gradients and steps from everything that can run them, drawn from the table of variants: few compilers with --light,
every variant with --all. What differs is printed, with --shrink made as short as it can be; ends with 1 if anything did."""
import functools, json, os, random, re, shutil, struct, subprocess, sys, tempfile, time
import models

here = os.path.dirname(os.path.abspath(__file__))
PASSES = 'hoist lanes again update fuse corner reuse order tiles turned same'.split()
STRICT = '-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror'.split()
FAST = ['-O3', '-march=native', '-fno-trapping-math']


class Failed(Exception): pass


def call(words, folder, seconds=120, env=None):
    try: r = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=seconds, env=env)
    except subprocess.TimeoutExpired: raise Failed(f'takes longer than {seconds} s: {" ".join(words)}')
    if r.returncode: raise Failed(f'{" ".join(words)}: {r.returncode}: {(r.stderr + r.stdout)[:1500]}')
    if r.stderr.strip() and '-Werror' in words: raise Failed(f'{" ".join(words)} says {r.stderr[:800]}')
    return r.stdout


@functools.cache
def has_blas():
    with tempfile.TemporaryDirectory() as folder:
        words = ['gcc', '-x', 'c', '-', '-o', f'{folder}/a', '-lopenblas']
        return subprocess.run(words, input='int main(void) { return 0; }', text=True, capture_output=True).returncode == 0


@functools.cache
def has_avx2():
    try: return ' avx2' in open('/proc/cpuinfo').read()
    except OSError: return False


# ---- variants: name, how often of 100, options of nngen, compiler and its options ----

def variants(r, share):
    take, without = [], [[f'--without={p}'] for p in PASSES]
    some = lambda: ['--without=' + ','.join(r.sample(PASSES, r.randint(2, 5)))]
    table = [('gcc', 70, [], ['gcc', '-std=gnu99'] + FAST),
             ('clang', 30, [], ['clang', '-std=gnu99'] + FAST),
             ('c99', 25, ['--std=c99'], ['gcc', '-std=c99'] + FAST),
             ('c99-clang', 10, ['--std=c99'], ['clang', '-std=c99', '-O2']),
             ('avx2', 20, [], ['gcc', '-std=gnu99', '-O3', '-march=x86-64-v3', '-fno-trapping-math']),
             ('sse2', 20, [], ['gcc', '-std=gnu99', '-O2', '-march=x86-64']),
             ('strict', 15, [], ['gcc', '-std=c99', '-O1'] + STRICT),
             ('cpp', 5, [], ['g++', '-x', 'c++', '-std=c++17', '-O1'] + STRICT),
             ('sane', 20, [], ['gcc', '-std=gnu99', '-O1', '-march=native', '-g', '-fsanitize=address,undefined',
                     '-fno-sanitize-recover=all']),
             ('tcc', 15, [], ['tcc']),
             ('blas', 15, ['--blas'], ['gcc', '-std=gnu99'] + FAST),
             ('threads', 35, ['--openmp-always'], ['gcc', '-std=gnu99', '-O2', '-march=native', '-fno-trapping-math',
                     '-fopenmp']),
             ('fixed', 10, 'fixed', ['gcc', '-std=gnu99'] + FAST),
             ('budget', 10, 'budget', ['gcc', '-std=gnu99'] + FAST),
             ('without-one', 30, r.choice(without), ['gcc', '-std=gnu99'] + FAST),
             ('without-some', 30, some(), ['gcc', '-std=gnu99', '-O2', '-march=native', '-fno-trapping-math'])]
    jit = [('jit', 100, []), ('jit-without-one', 50, r.choice(without)), ('jit-without-some', 30, some())]
    for name, often, options, cc in table:
        if name == 'blas' and not has_blas() or name == 'avx2' and not has_avx2(): continue
        if r.random() * 100 < often * share and shutil.which(cc[0]): take.append((name, options, cc,
                r.choice(['f32', 'f64', 'f64'])))
    for name, often, options in jit:
        for dtype in ('f32', 'f64'):
            if r.random() * 100 < often * max(share, 1): take.append((name, options, None, dtype))
    return take


# ---- running ----

def write_inputs(folder, model_inputs, dims):
    words = []
    with open(f'{folder}/inputs', 'w') as f:
        for name, n in dims.items(): f.write(f'{name} 1 {n}\n')
        for name, (shape, values, whole) in model_inputs.items():
            f.write(f'{name} {len(values)} {" ".join(map(repr, values))}\n')
            kind, sizes = '<i4' if whole else '<f8', ''.join(f'{s}, ' for s in shape)
            head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}"
            head += ' ' * (-(len(head) + 11) % 64) + '\n'
            with open(f'{folder}/{name}.npy', 'wb') as b:
                b.write(b'\x93NUMPY\x01\x00' + struct.pack('<H', len(head)) + head.encode())
                b.write(struct.pack(f'<{len(values)}{"i" if whole else "d"}', *values))
    return words


def flat(x):
    if not isinstance(x, list): return [float('nan') if x is None else float(x)]
    out = []
    for e in x: out += flat(e)
    return out


def safetensors(path):
    with open(path, 'rb') as f: data = f.read()
    n = struct.unpack('<Q', data[:8])[0]
    out = {}
    for name, t in json.loads(data[8:8 + n]).items():
        if name == '__metadata__': continue
        a, b = t['data_offsets']
        kind = {'F32': ('f', 4), 'F64': ('d', 8)}.get(t['dtype'])
        if kind: out[name] = list(struct.unpack(f'<{(b - a) // kind[1]}{kind[0]}', data[8 + n + a:8 + n + b]))
    return out


class Case:
    def __init__(self, nngen, folder, text, inputs, dims):
        self.nngen, self.folder, self.text, self.inputs, self.dims = nngen, folder, text, inputs, dims
        with open(f'{folder}/m.nn', 'w') as f: f.write(text)
        declared = set(re.findall(r'^input (\w+)', text, re.M))
        self.inputs = {k: v for k, v in inputs.items() if k in declared}
        self.dims = {k: v for k, v in dims.items() if re.search(rf'^dim {k} <=', text, re.M)}
        write_inputs(folder, self.inputs, self.dims)
        self.words = [f'{k}={k}.npy' for k in self.inputs]
        self.steps = re.search('^train ', text, re.M) is not None
        shaped = set()
        for v in re.findall(r'^input \w+(\[.*?\])', text, re.M): shaped |= set(re.findall(r'\w+', v))
        self.words += [f'{k}={n}' for k, n in self.dims.items() if k not in shaped]

    def evaluate(self, backend, dtype, options=()):
        """By nngen itself."""
        out = {}
        common = ['--backend', backend, '--dtype', dtype, '--seed', '1', *options]
        for stage in ('forward', 'grad'):
            said = call([self.nngen, 'eval', 'm.nn', *self.words, *common, '--json'] + (['--grad']
                    if stage == 'grad' else []), self.folder)
            for part, of in json.loads(said).items():
                for name, x in of.items(): out[f'{stage if part == "outputs" else "d"} {name}'] = flat(x)
        if self.steps:
            call([self.nngen, 'train', 'm.nn', *self.words, *common, '--steps', '3', '--save', 'w.safetensors'],
                    self.folder)
            for name, x in safetensors(f'{self.folder}/w.safetensors').items():
                if '/' not in name: out[f'param {name}'] = x
        return out

    def built(self, options, cc, dtype, threads=(0,)):
        """By the program that the text becomes."""
        if options == 'fixed': options = [w for k, n in self.dims.items() for w in ('-D', f'{k}={n}')]
        if options == 'budget':
            said = call([self.nngen, 'size', 'm.nn', '--dtype', dtype], self.folder)
            work = re.search(r'workspace\D*(\d+)', said)
            options = [f'--budget=ram={int(work.group(1)) * 3 // 4}'] if work and int(work.group(1)) > 64 else []
        try: call([self.nngen, 'm.nn', '-o', 'm.c', '--prefix=m', '--desc', '--dtype', dtype, *options], self.folder)
        except Failed as why:
            if 'budget' in str(options) and 'E06' in str(why): return []
            raise
        blas = ['-lopenblas'] if '--blas' in options else []
        if '-fsanitize=address,undefined' in cc: blas += ['-fsanitize=address,undefined']
        if '-fopenmp' in cc: blas += ['-fopenmp']
        if 'c++' in cc: blas += ['-x', 'none']
        kind = '-sane' if '-fsanitize=address,undefined' in cc else '-cpp' if 'c++' in cc else ''
        driver = f'{os.path.dirname(self.folder)}/given{kind}.o'
        if not os.path.exists(driver):
            how = ['g++', '-x', 'c++', '-std=c++17', '-fpermissive', '-w'] if 'c++' in cc else ['gcc', '-std=c99',
                    '-O1']
            if 'sane' in driver: how += ['-fsanitize=address,undefined']
            call([*how, '-DMODEL_H="m.h"', '-I.', '-c', f'{here}/given.c', '-o', driver], self.folder)
        call([*cc, '-c', 'm.c', '-o', 'm.o'], self.folder)
        linker = 'g++' if 'c++' in cc else 'tcc' if cc == ['tcc'] else 'gcc'
        call([linker, 'm.o', driver, '-o', 'm', *[b for b in blas if b not in ('-x', 'none')], '-lm'], self.folder)
        results = []
        for n in threads:
            env = dict(os.environ, ASAN_OPTIONS='detect_leaks=0', OPENBLAS_NUM_THREADS='1')
            if n: env.update(OMP_NUM_THREADS=str(n), OMP_WAIT_POLICY='passive', OMP_DYNAMIC='false')
            out = {}
            for line in call(['./m', 'inputs'], self.folder, 60, env).splitlines():
                stage, name, *numbers = line.split(' ')
                if stage == 'status' or name == 'status': raise Failed(line)
                if stage == 'grad' and name.startswith('d_'): stage, name = 'd', name[2:]
                out[f'{stage} {name}'] = list(map(float, numbers))
            results.append(out)
        return results


# ---- comparing ----

def finite(x): return x == x and abs(x) != float('inf')


def distance(want, got):
    """The largest difference, relative to what is largest of its array, or a hundredth of that of all."""
    scale, worst = {}, (0.0, '')
    for name, x in want.items():
        kind = name.split(' ')[0]
        scale[kind] = max([scale.get(kind, 0.0)] + [abs(v) for v in x if finite(v)])
    for name, x in want.items():
        y = got.get(name)
        if y is None and name.startswith('d '): y = got.get('grad ' + name[2:])
        if y is None: return (float('inf'), f'{name} is missing')
        if len(y) != len(x): return (float('inf'), f'{name} has {len(y)} numbers, not {len(x)}')
        own = max([abs(v) for v in x if finite(v)] + [0.0])
        unit = max(own, 0.01 * scale[name.split(' ')[0]], 1e-30)
        for i, (a, b) in enumerate(zip(x, y)):
            e = abs(a - b) / unit if finite(a) and finite(b) else 0.0 if a == b or (a != a and b != b) else float('inf')
            if not e <= worst[0]: worst = (e, f'{name}[{i}] {b!r}, not {a!r}')
    return worst


def examine(case, r, share=1, only=None):
    """What differs: a list of (variant, why)."""
    try: want = {'f64': case.evaluate('interp', 'f64')}
    except Failed as why: return [(('reference', [], None, 'f64'), str(why))], 0
    if not all(finite(v) for x in want['f64'].values() for v in x): return [], -1
    failed, ran = [], 0
    todo = [only] if only else variants(r, share)
    want['f32'] = case.evaluate('interp', 'f32')
    felt = distance(want['f64'], want['f32'])[0]
    if felt > 1e-2: return [], -1  # a kink, or chaos
    bound = {'f32': 3e-5 + 20 * felt, 'f64': 1e-11 + 1e-7 * felt}
    for variant in todo:
        name, options, cc, dtype = variant
        try:
            if cc:
                gots = case.built(options, cc, dtype, (1, 2, 3) if '-fopenmp' in cc else (0,))
                if any(g != gots[0] for g in gots[1:]): failed.append((variant,
                        'the number of threads changes bits: ' + distance(gots[0], gots[-1])[1]))
            else: gots = [case.evaluate('tcc', dtype, options)]
            for got in gots[:1]:
                ran += 1
                off, where = distance(want[dtype], got)
                if not off <= bound[dtype]: failed.append((variant,
                        f'off by {off:.2e}, {bound[dtype]:.1e} is let: {where}'))
        except Failed as why: failed.append((variant, str(why)))
    return failed, ran


# ---- shrinking ----

def compiles(nngen, folder, text):
    with open(f'{folder}/try.nn', 'w') as f: f.write(text)
    return subprocess.run([nngen, 'try.nn', '-o', 'try.c'], cwd=folder, capture_output=True, timeout=60).returncode == 0


def alike(why):
    """What makes two failures the same: the status and the first words of a command, or that numbers differ."""
    m = re.search(r': (-?\d+): (?:\S+?:\d+:\d+: )?(.{0,30})', why)
    return m.groups() if m else why[:6]


def shrink(nngen, folder, case, variant, why, seconds=90):
    """Lines are taken out, whole blocks first, or a parameter takes the place of what they bind, while it fails."""
    end, lines = time.time() + seconds, case.text.splitlines()

    def fails(lines):
        text = '\n'.join(lines) + '\n'
        if not compiles(nngen, folder, text): return False
        got, _ = examine(Case(nngen, folder, text, case.inputs, case.dims), None, only=variant)
        return bool(got) and alike(got[0][1]) == alike(why)

    def blocks(lines):
        out, start = [], None
        for i, line in enumerate(lines):
            if re.match(r'(for|repeat) ', line): start = i
            if line.startswith('}') and start is not None: out.append((start, i + 1)); start = None
        return out
    changed = True
    while changed and time.time() < end:
        changed = False
        for a, b in blocks(lines) + [(i, i + 1) for i in range(len(lines))][::-1]:
            if time.time() > end: break
            if b > len(lines): continue
            shorter = lines[:a] + lines[b:]
            if fails(shorter): lines, changed = shorter, True; continue
            m = re.match(r'(\w+)\s*(\[.*?\])?\s*=.*#\s*(\[.*\])?$', lines[a])
            if b == a + 1 and m:
                other = lines[:a] + [f'param {m[1]}{m[3] or ""} = normal(0, 1)'] + lines[b:]
                if not re.match('for ', lines[a]) and fails(other): lines, changed = other, True
        for i, line in enumerate(lines):
            m = re.match(r'dim (\w) = (\d+)$', line)
            if m and int(m[2]) > 1 and not re.search(rf'input .*\b{m[1]}\b', '\n'.join(lines)):
                for n in (1, 2, 3, int(m[2]) // 2, int(m[2]) - 1):
                    other = lines[:i] + [f'dim {m[1]} = {n}'] + lines[i + 1:]
                    if 0 < n < int(m[2]) and fails(other): lines, changed = other, True; break
    return '\n'.join(lines) + '\n'


def main():
    words = [w for w in sys.argv[1:] if not w.startswith('--')]
    nngen, first, last = os.path.abspath(words[0]), int(words[1]), int(words[2])
    limit = float(next((w.split('=')[1] for w in sys.argv if w.startswith('--seconds=')), 1e9))
    begin, ran, wild, bad, seeds = time.time(), 0, 0, 0, 0
    top = tempfile.mkdtemp()
    try:
        for seed in range(first, last + 1):
            if time.time() - begin > limit: break
            folder = f'{top}/{seed}'
            os.mkdir(folder)
            model = models.Model(seed)
            case = Case(nngen, folder, model.text(), models.given(model, seed),
                    {k: model.size[k] for k in model.run_time})
            failed, n = examine(case, random.Random(seed), 100 if '--all' in sys.argv else 0.04
                    if '--light' in sys.argv else 1)
            seeds, ran, wild = seeds + 1, ran + max(n, 0), wild + (n < 0)
            for variant, why in failed:
                print(f'FAILED  seed {seed}: {variant[0]} {variant[1]} {variant[3]}: {why}', flush=True)
            if failed:
                bad += 1
                if '--shrink' in sys.argv: print(shrink(nngen, folder, case, *failed[0]), flush=True)
            shutil.rmtree(folder, ignore_errors=True)
    finally: shutil.rmtree(top, ignore_errors=True)
    print(f'{seeds} models, {wild} of them too wild to compare, {ran} comparisons, {bad} failed')
    return 1 if bad or not ran else 0


if __name__ == '__main__': sys.exit(main())

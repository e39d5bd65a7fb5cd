"""Times one training step of seven workloads, interleaved in one run: what nngen emits, built by gcc; the same through libtcc; NumPy;
PyTorch and C with OpenBLAS where installed; C written by hand as fast as the machine goes, where a folder of it is given. The floor is
what the step's multiply-adds take at the most that the machine makes, measured in between.

    python3 bench/compare.py NNGEN [--hand FOLDER] [w1 w3 ...]      medians in microseconds, and ratios
    python3 bench/compare.py NNGEN --verify [w1 ...]                loss and every gradient against NumPy in float64

FOLDER has w1.c ... with `float step(const float *x, const void *t, float *p0, ...)`, a step each.
"""
import ctypes, json, os, re, subprocess, sys, tempfile, time
sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/peers")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1"); os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import np_impl
from common import data, LR

FLAGS = "-O3 -march=native -std=gnu99 -fno-trapping-math -fno-math-errno -w -fPIC".split()
BY_HAND = "-O3 -march=native -ffast-math -w -fPIC".split()
HAND_MADE = FLAGS + ["-fno-thread-jumps"]
ROUNDS = 15
FLOOR = """
#ifdef __AVX512F__
typedef float lanes __attribute__((vector_size(64)));
#elif defined __AVX__
typedef float lanes __attribute__((vector_size(32)));
#else
typedef float lanes __attribute__((vector_size(16)));
#endif
enum { CHAINS = 12, LANES = sizeof(lanes) / sizeof(float) };
int at_once(void) { return CHAINS * LANES; }
float multiply_add(long n, float by, float plus)
{
    lanes a[CHAINS], x = by + (lanes){0}, y = plus + (lanes){0};
    for (int i = 0; i < CHAINS; i++) a[i] = y * (float)i;
    while (n--)
        for (int i = 0; i < CHAINS; i++) a[i] = a[i] * x + y;
    for (int i = 1; i < CHAINS; i++) a[0] += a[i];
    return a[0][0];
}
"""

# The models, what their inputs are called, and in which order their parameters are the peers' p0, p1, ...
BLOCK = "ln1.gain ln1.bias attn.given.W attn.given.b attn.out.W attn.out.b ln2.gain ln2.bias up.W up.b down.W down.b".split()
GPT = ["token.W", "place"] + [n.replace(".", f"{l}.", 1) for l in (1, 2) for n in BLOCK] + ["last.gain", "last.bias", "head"]
MODELS = {
    "w1": ("two_layer", [], "x y", None), "w2": ("xor", [], "x y", None), "w3": ("mlp", [], "image label", None),
    "w3b1": ("mlp", ["N=1"], "image label", None), "w4": ("conv", [], "x label", None), "w5": ("char_rnn", [], "x next", None),
    "w6": ("gpt", [], "x next", GPT),
}
# Multiply-adds of a step's products: each forward, by its weights, and by its input unless that is the model's own.
dense = lambda n, *widths: sum(n * a * b * (3 if i else 2) for i, (a, b) in enumerate(zip(widths, widths[1:])))
WORK = {
    "w1": dense(64, 1000, 100, 10), "w3": dense(64, 784, 128, 10), "w3b1": dense(1, 784, 128, 10),
    "w4": 64 * (2 * 24 * 24 * 8 * 25 + 3 * 8 * 8 * 16 * 8 * 25) + 3 * 64 * (256 * 128 + 128 * 10),
    "w5": 3 * 32 * 16 * (128 * 512 + 128 * 64),
    "w6": 3 * 256 * (2 * (12 * 128 * 128 + 2 * 64 * 128) + 128 * 256),
}

def run(*words):
    subprocess.run(words, check=True)

def load(path, w):
    lib = ctypes.CDLL(path); lib.stepv.restype = ctypes.c_float
    d = data(w)
    keep = [aligned(a if a.dtype.kind == "f" else a.astype(np.int32)) for a in [d["x"], d["t"], *d["p"]]]
    x, t, p = keep[0].ctypes.data_as(ctypes.c_void_p), keep[1].ctypes.data_as(ctypes.c_void_p), (ctypes.c_void_p * len(d["p"]))(*[a.ctypes.data for a in keep[2:]])
    step = lambda: lib.stepv(x, t, p)
    step.keep = lib, keep
    return step

def aligned(a):
    room = np.empty(a.nbytes + 64, np.uint8); at = -room.ctypes.data % 64
    b = room[at:at + a.nbytes].view(a.dtype).reshape(a.shape); b[...] = a
    return b

def emit(nngen, w, folder, f64=False):
    """The model as C, in it the peers' parameters, behind the peers' one function."""
    model, defines, inputs, order = MODELS[w]
    words = [nngen, f"{HERE}/{model}.nn", "-o", f"{folder}/m.c", "--prefix", "m"] + ["--dtype=f64"] * f64
    for d in defines: words += ["-D", d]
    run(*words)
    header = open(f"{folder}/m.h").read()
    loss = re.search(r"typedef struct m_outputs \{\s*m_real (\w+);", header).group(1)
    x, t = inputs.split()
    if order is None: copies = "for (int i = 0; at < (char *)&p + sizeof p; i++) memcpy(at, q[i], size[i]), at += size[i];"
    else: copies = "".join(f"memcpy(&p.{n}, q[{i}], sizeof p.{n});" for i, n in enumerate(order))
    real = 8 if f64 else 4
    sizes = ", ".join(str(a.size * real) for a in data(w)["p"])
    dims = "".join(f"in.{d.split('=')[0]} = {d.split('=')[1]};" for d in defines if f"size_t {d.split('=')[0]};" in header)
    with open(f"{folder}/wrap.c", "w") as f:
        f.write(f"""#include "m.h"
#include <string.h>
static const size_t size[] = {{{sizes}}};
static m_params p, g; static m_opt o; static m_work w; static int ready;
static void begin(void **q, m_inputs *in, const void *x, const void *t)
{{
    char *at = (char *)&p; (void)at; (void)size;
    in->{x} = x; in->{t} = t;
    if (ready++) return;
    {copies}
    m_opt_init(&o); o.lr = {LR[w]!r};
}}
float stepv(const void *x, const void *t, void **q)
{{
    m_inputs in; m_outputs out; memset(&out, 0, sizeof out); {dims}
    begin(q, &in, x, t);
    return m_step(&p, &o, &in, &out, &w) ? -1 : (float)out.{loss};
}}
double gradv(const void *x, const void *t, void **q, void **d)
{{
    m_inputs in; m_outputs out; memset(&out, 0, sizeof out); {dims}
    ready = 0; begin(q, &in, x, t);
    if (m_grad(&p, &in, &out, &g, &w)) return -1;
    char *at = (char *)&g; (void)at;
    {copies.replace("memcpy(at, q[i], size[i])", "memcpy(d[i], at, size[i])").replace("(char *)&p + sizeof p", "(char *)&g + sizeof g") if order is None else
     "".join(f"memcpy(d[{i}], &g.{n}, sizeof g.{n});" for i, n in enumerate(order))}
    return out.{loss};
}}
""")
    start = time.perf_counter()
    run("gcc", *FLAGS, "-c", f"{folder}/m.c", "-o", f"{folder}/m.o")
    seconds = time.perf_counter() - start
    run("gcc", *FLAGS, "-shared", f"{folder}/wrap.c", f"{folder}/m.o", "-I", folder, "-o", f"{folder}/m.so", "-lm")
    return f"{folder}/m.so", seconds

def verify(nngen, w):
    with tempfile.TemporaryDirectory() as folder:
        so, _ = emit(nngen, w, folder, f64=True)
        d = data(w, np.float64); loss, grads = np_impl.F[w](d, d["p"])()
        lib = ctypes.CDLL(so); lib.gradv.restype = ctypes.c_double
        whole = lambda a: np.ascontiguousarray(a if a.dtype.kind == "f" else a.astype(np.int32))
        x, t = whole(d["x"]), whole(d["t"]); got = [np.zeros_like(a) for a in d["p"]]
        pointers = lambda arrays: (ctypes.c_void_p * len(arrays))(*[a.ctypes.data for a in arrays])
        mine = lib.gradv(x.ctypes.data_as(ctypes.c_void_p), t.ctypes.data_as(ctypes.c_void_p), pointers(d["p"]), pointers(got))
        worst = max(np.abs(a - b.reshape(a.shape)).max() / max(np.abs(b).max(), 1e-30) for a, b in zip(got, grads))
        print(f"{w}: loss {mine:.9f} against {loss:.9f}, worst relative error of a gradient {worst:.1e}")
        return abs(mine - loss) < 1e-9 * abs(loss) and worst < 1e-9

def by_hand(w, source, flags, folder, name, libs=()):
    n = len(data(w)["p"])
    with open(f"{folder}/{name}_wrap.c", "w") as f:
        f.write(f"float nn_step({', '.join(['void *'] * (n + 2))});\nfloat stepv(void *x, void *t, void **p)\n{{\n    return nn_step(x, t, {', '.join(f'p[{i}]' for i in range(n))});\n}}\n")
    try:
        run("gcc", *flags, "-Dstep=nn_step", "-c", source, "-o", f"{folder}/{name}.o")
        run("gcc", "-O1", "-w", "-fPIC", "-shared", f"{folder}/{name}.o", f"{folder}/{name}_wrap.c", "-o", f"{folder}/{name}.so", *libs, "-lm")
    except subprocess.CalledProcessError:
        return None
    return load(f"{folder}/{name}.so", w)

def peers(w, hand, folder):
    runs = {}
    if hand and os.path.exists(f"{hand}/{w}.c"): runs["by hand"] = by_hand(w, f"{hand}/{w}.c", HAND_MADE, folder, "hand")
    blas = f"{HERE}/peers/blas/{w}.c"
    if os.path.exists(blas) and os.path.exists("/usr/include/cblas.h") or os.path.exists("/usr/include/x86_64-linux-gnu/cblas.h"):
        if os.path.exists(blas): runs["OpenBLAS"] = by_hand(w, blas, BY_HAND, folder, "blas", ["-lopenblas", "-lmvec"])
    runs["NumPy"] = np_impl.make(w, np.float32)[1]
    try:
        import torch, th_impl; torch.set_num_threads(1)
        runs["PyTorch"] = th_impl.make(w, "lean")[2]
    except ImportError: pass
    return {k: f for k, f in runs.items() if f}

def jit(nngen, w):
    model, defines, _, _ = MODELS[w]
    said = subprocess.run([nngen, "bench", f"{HERE}/{model}.nn", *defines, "--backend", "tcc", "--json"], check=True, capture_output=True, text=True).stdout
    return json.loads(said)["backends"]["tcc"]

def loops_for(f, seconds=0.02):
    f(); n = 1
    while True:
        start = time.perf_counter()
        for _ in range(n): f()
        if time.perf_counter() - start > seconds: return n
        n *= 2

def floor(w, folder):
    """A function that makes about as many multiply-adds as the step, in as many chains as the machine takes at once."""
    with open(f"{folder}/floor.c", "w") as f: f.write(FLOOR)
    run("gcc", *FLAGS, "-shared", f"{folder}/floor.c", "-o", f"{folder}/floor.so")
    lib = ctypes.CDLL(f"{folder}/floor.so"); lib.multiply_add.argtypes = [ctypes.c_long, ctypes.c_float, ctypes.c_float]
    n = WORK[w] // lib.at_once()
    return lambda: lib.multiply_add(n, 0.5, 1.0)

def compare(nngen, w, hand):
    with tempfile.TemporaryDirectory() as folder:
        so, seconds = emit(nngen, w, folder)
        runs = {"emitted": load(so, w), **peers(w, hand, folder)}
        if w in WORK: runs["floor"] = floor(w, folder)
        loops = {k: loops_for(f) for k, f in runs.items()}; times = {k: [] for k in runs}; times["libtcc"] = []; ready = []
        for i in range(ROUNDS):
            for k, f in runs.items():
                start = time.perf_counter()
                for _ in range(loops[k]): f()
                times[k].append((time.perf_counter() - start) / loops[k] * 1e6)
            if i % 5 == 0:
                figures = jit(nngen, w); times["libtcc"].append(figures["step_us"]); ready.append(figures["ready_ms"])
    print(f"{w}, {MODELS[w][0]}.nn: gcc took {seconds:.1f} s; a gradient through libtcc after {np.median(ready):.1f} ms")
    took = {k: float(np.median(v)) for k, v in times.items()}
    others = sorted((k for k in took if k in ("OpenBLAS", "NumPy", "PyTorch")), key=took.get)
    beside = [k for k in ("floor", "by hand", *others[:1]) if k in took]
    print(f"  {'':9s} {'us':>10s}  {'spread':22s}" + "".join(f"{'of ' + k:>12s}" for k in beside))
    for k in sorted(took, key=took.get):
        spread = f"[{min(times[k]):.2f} .. {max(times[k]):.2f}]"
        print(f"  {k:9s} {took[k]:10.2f}  {spread:22s}" + "".join(f"{took[k] / took[b]:12.2f}" for b in beside))

def main(words):
    if not words or words[0].startswith("-"): print(__doc__); return 2
    nngen, words = os.path.abspath(words[0]), words[1:]
    hand, checks = None, "--verify" in words
    if "--hand" in words: i = words.index("--hand"); hand = words[i + 1]; del words[i:i + 2]
    which = [w for w in words if w != "--verify"] or list(MODELS)
    if checks: return 0 if all([verify(nngen, w) for w in which]) else 1
    for w in which: compare(nngen, w, hand)
    return 0

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))

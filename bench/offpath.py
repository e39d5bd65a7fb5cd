"""Times steps of nets off the beaten track: other sizes of the workloads that compare.py times, each beside its sibling in one run.
What counts is the ratio of multiply-adds a second, which are counted from the model here, whatever the C does.

    python3 bench/offpath.py NNGEN [NAME ...]       a family or a variant, as `conv` or `conv-batch-37`
        --keep FOLDER                               leaves the C there; --build does no more, --built times what is there
"""
import ctypes, os, re, subprocess, sys, tempfile, time
sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = "-O3 -march=native -std=gnu99 -fno-trapping-math -fno-math-errno -w -fPIC".split()
ROUNDS, SECONDS = 9, 0.02

# Each family: the model, its inputs with their sizes, the multiply-adds of a step, and the sizes of the sibling, then those in which
# the variants differ. A size is a dim of the model, or `text` says where to put it.
def dense(n, widths):
    """A chain of layers: forward, by the weights, and by the input but for the first."""
    return sum(n * a * b * (3 if i else 2) for i, (a, b) in enumerate(zip(widths, widths[1:])))

def conv_sides(d):
    """Height and width before and after each of the two convolutions, and after the last pool."""
    after = lambda side: (side + 2 * d["PAD"] - d["S"]) // d["STRIDE"] + 1
    one = after(d["SIDE"]); pooled = one // 2; two = after(pooled)
    return one, pooled, two, two // 2

def conv_work(d):
    one, _, two, last = conv_sides(d)
    s2 = d["S"] ** 2
    return d["N"] * (2 * d["C"] * d["O1"] * s2 * one ** 2 + 3 * d["O1"] * d["O2"] * s2 * two ** 2
                     + 3 * (d["O2"] * last ** 2 * d["F"] + d["F"] * d["K"]))

FAMILIES = {
    "two-layer": dict(
        model="two_layer", loss="sse", real=lambda d: {"x": d["N"] * d["I"], "y": d["N"] * d["O"]}, ints=lambda d: {},
        work=lambda d: dense(d["N"], [d["I"], d["H"], d["O"]]), base=dict(N=64, I=1000, H=100, O=10),
        variants={"odd": dict(I=333, H=77, O=7), "batch-37": dict(N=37), "hidden-96": dict(H=96), "hidden-101": dict(H=101), "wide": dict(H=517, O=33)}),
    "mlp": dict(
        model="mlp", loss="nll", real=lambda d: {"image": d["N"] * d["I"]}, ints=lambda d: {"label": (d["N"], d["K"])},
        work=lambda d: dense(d["N"], [d["I"], d["H"], d["K"]]), base=dict(N=64, I=784, H=128, K=10),
        text=[(r"784\]", "{I}]"), (r"dense\[128\]", "dense[{H}]")],
        variants={"odd": dict(I=513, H=99, K=7), "batch-37": dict(N=37), "hidden-96": dict(H=96), "hidden-33": dict(H=33), "classes-100": dict(K=100), "batch-256": dict(N=256),
                  "batch-3": dict(N=3)}),
    "deep": dict(
        model="mlp", loss="nll", real=lambda d: {"image": d["N"] * d["I"]}, ints=lambda d: {"label": (d["N"], d["K"])},
        work=lambda d: dense(d["N"], [d["I"], d["H"], d["H"], d["H"], d["K"]]), base=dict(N=64, I=784, H=128, K=10),
        text=[(r"784\]", "{I}]"), (r"dense\[128\]\(act = relu\)", "dense[{H}](act = relu) |> dense[{H}](act = tanh) |> dense[{H}](act = relu)")],
        variants={"odd": dict(N=37, I=101, H=75, K=3), "hidden-30": dict(H=30), "wide": dict(H=301)}),
    "one": dict(
        model="mlp", loss="nll", real=lambda d: {"image": d["N"] * d["I"]}, ints=lambda d: {"label": (d["N"], d["K"])},
        work=lambda d: dense(d["N"], [d["I"], d["H"], d["K"]]), base=dict(N=1, I=784, H=128, K=10),
        text=[(r"784\]", "{I}]"), (r"dense\[128\]", "dense[{H}]")],
        variants={"odd": dict(I=513, H=99, K=7), "hidden-96": dict(H=96), "hidden-200": dict(H=200)}),
    "conv": dict(
        model="conv", loss="nll", real=lambda d: {"x": d["N"] * d["C"] * d["SIDE"] ** 2}, ints=lambda d: {"label": (d["N"], d["K"])},
        work=conv_work, base=dict(N=64, K=10, C=1, SIDE=28, O1=8, O2=16, S=5, PAD=0, STRIDE=1, F=128),
        text=[(r"N, 1, 28, 28", "N, {C}, {SIDE}, {SIDE}"), (r"conv2d\[8, 5\]", "conv2d[{O1}, {S}](pad = {PAD}, stride = {STRIDE})"),
              (r"conv2d\[16, 5\]", "conv2d[{O2}, {S}](pad = {PAD}, stride = {STRIDE})"), (r"dense\[128\]", "dense[{F}]")],
        variants={"colour": dict(C=3, SIDE=32), "batch-37": dict(N=37), "batch-8": dict(N=8), "batch-20": dict(N=20), "batch-6": dict(N=6), "batch-3": dict(N=3), "batch-1": dict(N=1), "one-padded": dict(N=1, S=3, PAD=1), "one-colour": dict(N=1, C=3, SIDE=33, S=3), "one-stride": dict(N=1, SIDE=56, PAD=2, STRIDE=2), "three": dict(S=3), "padded": dict(S=3, PAD=1),
                  "stride-2": dict(SIDE=56, S=5, PAD=2, STRIDE=2), "odd": dict(N=37, C=3, SIDE=33, O1=7, O2=13, S=5, PAD=2, F=99), "seven": dict(S=7, PAD=3), "many": dict(N=32, C=3, SIDE=32, O1=32, O2=64, S=3, PAD=1)}),
    "rnn": dict(
        model="char_rnn", loss="nll", real=lambda d: {}, ints=lambda d: {"x": (d["T"] * d["N"], d["V"]), "next": (d["T"] * d["N"], d["V"])},
        work=lambda d: 3 * d["T"] * d["N"] * (d["H"] * 4 * d["H"] + d["H"] * d["V"]), base=dict(T=32, N=16, V=64, H=128),
        variants={"hidden-96": dict(H=96), "hidden-100": dict(H=100), "odd": dict(T=31, N=13, V=61, H=75), "batch-37": dict(N=37), "batch-5": dict(N=5), "batch-1": dict(N=1), "letters-65": dict(V=65), "long": dict(T=101)}),
    "gpt": dict(
        model="gpt", loss="nll", real=lambda d: {}, ints=lambda d: {"x": (d["B"] * d["S"], d["V"]), "next": (d["B"] * d["S"], d["V"])},
        work=lambda d: 3 * d["B"] * d["S"] * (d["L"] * (12 * d["D"] ** 2 + 2 * d["S"] * d["D"]) + d["D"] * d["V"]),
        base=dict(B=4, S=64, V=256, D=128, A=4, L=2),
        variants={"heads-5": dict(D=160, A=5), "width-96": dict(D=96, A=3), "places-37": dict(S=37), "letters-65": dict(V=65), "odd": dict(B=3, S=51, V=101, D=105, A=5), "batch-1": dict(B=1), "long": dict(B=2, S=200)}),
}

def text_of(family, sizes):
    text = open(f"{HERE}/{family['model']}.nn").read()
    for what, by in family.get("text", []):
        text, n = re.subn(what, by.format(**sizes), text)
        assert n, what
    return text

def build(nngen, family, sizes, folder):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/model.nn", "w") as f: f.write(text_of(family, sizes))
    words = [nngen, f"{folder}/model.nn", "-o", f"{folder}/m.c", "--prefix", "m"]
    for name, value in sizes.items():
        if re.search(rf"^dim .*\b{name} =", text_of(family, sizes), re.M): words += ["-D", f"{name}={value}"]
    subprocess.run(words, check=True)
    real, ints = family["real"](sizes), family["ints"](sizes)
    with open(f"{folder}/wrap.c", "w") as f:
        f.write("#include \"m.h\"\nstatic m_params p; static m_opt o; static m_work w;\n")
        for name, n in real.items(): f.write(f"static m_real in_{name}[{n}];\n")
        for name, (n, _) in ints.items(): f.write(f"static int32_t in_{name}[{n}];\n")
        f.write("double steps(int n)\n{\n    static int ready; static unsigned seed = 1; m_inputs in; m_outputs out = {0};\n    if (!ready++) {\n        m_init(&p, 1); m_opt_init(&o); o.lr = (m_real)1e-4;\n")
        for name, n in real.items():
            f.write(f"        for (int i = 0; i < {n}; i++) in_{name}[i] = (m_real)((seed = seed * 1664525u + 1013904223u) >> 8) / (1 << 24);\n")
        for name, (n, most) in ints.items():
            f.write(f"        for (int i = 0; i < {n}; i++) in_{name}[i] = (int32_t)(((seed = seed * 1664525u + 1013904223u) >> 8) % {most});\n")
        f.write("    }\n" + "".join(f"    in.{name} = in_{name};\n" for name in [*real, *ints]))
        f.write(f"    while (n--)\n        if (m_step(&p, &o, &in, &out, &w)) return -1;\n    return out.{family['loss']};\n}}\n")
    subprocess.run(["gcc", *FLAGS, "-shared", f"{folder}/wrap.c", f"{folder}/m.c", "-I", folder, "-o", f"{folder}/m.so", "-lm"], check=True)

def measure(runs):
    """Seconds a step, by name: medians of rounds in which each has its turn."""
    many, times = {}, {name: [] for name in runs}
    for name, steps in runs.items():
        loss, n = steps(1), 1
        assert loss == loss and loss >= 0, name
        while True:
            start = time.perf_counter(); steps(n)
            if time.perf_counter() - start > SECONDS: break
            n *= 2
        many[name] = n
    for _ in range(ROUNDS):
        for name, steps in runs.items():
            start = time.perf_counter(); steps(many[name])
            times[name].append((time.perf_counter() - start) / many[name])
    return {name: sorted(t)[ROUNDS // 2] for name, t in times.items()}

def loaded(folder):
    """The function that makes so many steps."""
    steps = ctypes.CDLL(f"{folder}/m.so").steps
    steps.restype = ctypes.c_double
    return steps

def main(words):
    if not words or words[0].startswith("-"): print(__doc__); return 2
    nngen, words = os.path.abspath(words[0]), words[1:]
    only = [w for w in words if w in ("--build", "--built")]
    words = [w for w in words if w not in only]
    keep = None
    if "--keep" in words: i = words.index("--keep"); keep = words[i + 1]; del words[i:i + 2]
    with tempfile.TemporaryDirectory() as folder:
        folder = keep or folder
        for name, family in FAMILIES.items():
            wanted = {v: d for v, d in family["variants"].items() if not words or name in words or f"{name}-{v}" in words}
            if not wanted: continue
            sizes = {name: family["base"], **{f"{name}-{v}": {**family["base"], **d} for v, d in wanted.items()}}
            if "--built" not in only:
                for k, d in sizes.items(): build(nngen, family, d, f"{folder}/{k}")
            if "--build" in only: continue
            seconds = measure({k: loaded(f"{folder}/{k}") for k in sizes})
            rate = {k: family["work"](sizes[k]) / seconds[k] / 1e9 for k in sizes}
            for k in sizes:
                print(f"{k:22s} {seconds[k] * 1e6:10.2f} us {2 * rate[k]:7.1f} GFLOP/s  {rate[k] / rate[name]:5.2f} x its sibling", flush=True)
    return 0

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))

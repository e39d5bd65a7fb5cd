"""Times products of matrices as nngen emits them, built by gcc, beside the kernel that text for libtcc calls and OpenBLAS where installed,
interleaved in one run.

    python3 bench/kernels.py NNGEN [MxNxK ...] [nn tn nt tt]        GFLOP/s: medians
        --march x86-64-v3                                           of another machine, all three (x86-64: SSE2 alone)
        --dtype f64
"""
import ctypes, ctypes.util, itertools, os, re, subprocess, sys, tempfile, time
sys.dont_write_bytecode = True
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = "-O3 -std=gnu99 -fno-trapping-math -fno-math-errno -w -fPIC".split()
KERNEL = f"-I{HERE}/.. -DISA=here -O3 -ffp-contract=fast -fno-trapping-math -fno-math-errno -mprefer-vector-width=512 -w -fPIC".split()
LEVELS = {"native": "x86-64-v4"}                       # what the library has the kernel for
CORES = {"x86-64-v3": "Haswell", "x86-64": "Prescott"} # what OpenBLAS calls such machines
SHAPES = ["64x100x1000", "64x128x784", "16x512x128", "256x128x128", "64x64x64", "8x8x8", "16x16x16", "32x32x32", "64x33x128", "64x30x128",
          "512x512x512", "1024x1024x1024"]
ROUNDS, SECONDS = 15, 0.004

def build(nngen, m, n, k, way, march, dtype, folder):
    """Functions that make so many products."""
    a, b = f"{k}, {m}" if way[0] == "t" else f"{m}, {k}", f"{n}, {k}" if way[1] == "t" else f"{k}, {n}"
    lda, ldb, real = m if way[0] == "t" else k, k if way[1] == "t" else n, {"f32": "float", "f64": "double"}[dtype]
    by = lambda ld, t: f"1, {ld}" if t == "t" else f"{ld}, 1"
    with open(f"{folder}/p.nn", "w") as f:
        f.write(f"input a[{a}]\ninput b[{b}]\noutput c = a{'.T' * (way[0] == 't')} @ b{'.T' * (way[1] == 't')}\n")
    subprocess.run([nngen, f"{folder}/p.nn", "-o", f"{folder}/p.c", "--prefix", "p", "--dtype", dtype], check=True)
    with open(f"{folder}/wrap.c", "w") as f:
        f.write(f"""#include "p.h"
#include <stdlib.h>
static p_work w;
void products(int n, const p_real *a, const p_real *b, p_real *c)
{{
    p_inputs in = {{.a = a, .b = b}}; p_outputs out = {{.c = c}};
    while (n--)
        if (p_forward(NULL, &in, &out, &w)) abort();
}}
void nnrt_gemm_{dtype}_here(size_t, size_t, size_t, const p_real *, ptrdiff_t, ptrdiff_t, const p_real *, ptrdiff_t, ptrdiff_t, p_real *, ptrdiff_t, ptrdiff_t, int);
void kernels(int n, const p_real *a, const p_real *b, p_real *c)
{{
    while (n--) nnrt_gemm_{dtype}_here({m}, {n}, {k}, a, {by(lda, way[0])}, b, {by(ldb, way[1])}, c, {n}, 1, 0);
}}
typedef void gemm(int, int, int, int, int, int, p_real, const p_real *, int, const p_real *, int, p_real, p_real *, int);
void others(int n, const p_real *a, const p_real *b, p_real *c, gemm *of)
{{
    while (n--) of(101, {112 if way[0] == 't' else 111}, {112 if way[1] == 't' else 111}, {m}, {n}, {k}, 1, a, {lda}, b, {ldb}, 0, c, {n});
}}
""")
    level = LEVELS.get(march, march)
    subprocess.run(["gcc", *KERNEL, f"-march={level}", "-c", f"{HERE}/../runtime/kernels/gemm_for.c", "-o", f"{folder}/k.o"], check=True)
    subprocess.run(["gcc", *FLAGS, f"-march={march}", "-shared", f"{folder}/p.c", f"{folder}/wrap.c", f"{folder}/k.o", "-I", folder, "-o", f"{folder}/p.so",
                    "-lm"], check=True)
    return ctypes.CDLL(f"{folder}/p.so")

def numbers(n, real):
    size = ctypes.sizeof(real)
    room = (real * (n + 16))()
    at = (-ctypes.addressof(room) % 64) // size
    for i in range(n): room[at + i] = (i * 7919 % 17 - 8) / 8
    return ctypes.cast(ctypes.addressof(room) + size * at, ctypes.c_void_p), room, at

def time_of(does):
    start = time.perf_counter(); does(); return time.perf_counter() - start

def measure(lib, m, n, k, real, blas):
    a, b = numbers(m * k, real), numbers(k * n, real)
    runs = {"nngen": lambda times, c: lib.products(times, a[0], b[0], c), "kernel": lambda times, c: lib.kernels(times, a[0], b[0], c)}
    if blas: runs["OpenBLAS"] = lambda times, c: lib.others(times, a[0], b[0], c, blas)
    many, c = {}, {name: numbers(m * n, real) for name in runs}
    for name, does in runs.items():
        times = 1; does(1, c[name][0])
        while time_of(lambda: does(times, c[name][0])) < SECONDS: times *= 2
        many[name] = times
    for _, room, at in c.values(): assert all(abs(room[at + i] - c["nngen"][1][c["nngen"][2] + i]) < 1e-3 * k for i in range(m * n))
    taken = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, does in runs.items(): taken[name].append(time_of(lambda: does(many[name], c[name][0])) / many[name])
    return {name: 2e-9 * m * n * k / sorted(t)[ROUNDS // 2] for name, t in taken.items()}

def option(words, name, value):
    if name in words: i = words.index(name); value = words[i + 1]; del words[i:i + 2]
    return value

def main(words):
    if not words or words[0].startswith("-"): print(__doc__); return 2
    nngen, words = os.path.abspath(words[0]), words[1:]
    march, dtype = option(words, "--march", "native"), option(words, "--dtype", "f32")
    if march in CORES: os.environ["OPENBLAS_CORETYPE"] = CORES[march]
    shapes, ways = [w for w in words if "x" in w] or SHAPES, [w for w in words if re.fullmatch("[nt]{2}", w)] or ["nn", "tn", "nt", "tt"]
    found = ctypes.util.find_library("openblas")
    real, gemm = (ctypes.c_float, "cblas_sgemm") if dtype == "f32" else (ctypes.c_double, "cblas_dgemm")
    blas = getattr(ctypes.CDLL(found), gemm) if found else None
    for shape, way in itertools.product(shapes, ways):
        m, n, k = map(int, shape.split("x"))
        with tempfile.TemporaryDirectory() as folder:
            rate = measure(build(nngen, m, n, k, way, march, dtype, folder), m, n, k, real, blas)
        print(f"{way} {shape:16s}" + "".join(f" {name} {r:7.1f}" for name, r in rate.items()), flush=True)
    return 0

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))

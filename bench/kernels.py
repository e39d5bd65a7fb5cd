"""Times products of matrices as nngen emits them, built by gcc, beside OpenBLAS where installed, each pair interleaved in one run.

    python3 bench/kernels.py NNGEN [MxNxK ...] [nn tn nt tt]        GFLOP/s: medians
"""
import ctypes, ctypes.util, itertools, os, re, subprocess, sys, tempfile, time
sys.dont_write_bytecode = True
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
FLAGS = "-O3 -march=native -std=gnu99 -fno-trapping-math -w -fPIC".split()
SHAPES = ["64x100x1000", "64x128x784", "16x512x128", "256x128x128", "64x64x64", "8x8x8", "16x16x16", "32x32x32", "64x33x128", "64x30x128",
          "512x512x512", "1024x1024x1024"]
ROUNDS, SECONDS = 15, 0.004

def build(nngen, m, n, k, way, folder):
    """A function that makes so many products."""
    a, b = f"{k}, {m}" if way[0] == "t" else f"{m}, {k}", f"{n}, {k}" if way[1] == "t" else f"{k}, {n}"
    with open(f"{folder}/p.nn", "w") as f:
        f.write(f"input a[{a}]\ninput b[{b}]\noutput c = a{'.T' * (way[0] == 't')} @ b{'.T' * (way[1] == 't')}\n")
    subprocess.run([nngen, f"{folder}/p.nn", "-o", f"{folder}/p.c", "--prefix", "p"], check=True)
    with open(f"{folder}/wrap.c", "w") as f:
        f.write(f"""#include "p.h"
#include <stdlib.h>
static p_work w;
void products(int n, const float *a, const float *b, float *c)
{{
    p_inputs in = {{.a = a, .b = b}}; p_outputs out = {{.c = c}};
    while (n--)
        if (p_forward(NULL, &in, &out, &w)) abort();
}}
typedef void gemm(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
void others(int n, const float *a, const float *b, float *c, gemm *of)
{{
    while (n--) of(101, {112 if way[0] == 't' else 111}, {112 if way[1] == 't' else 111}, {m}, {n}, {k}, 1, a, {m if way[0] == 't' else k}, b, {k if way[1] == 't' else n}, 0, c, {n});
}}
""")
    subprocess.run(["gcc", *FLAGS, "-shared", f"{folder}/p.c", f"{folder}/wrap.c", "-I", folder, "-o", f"{folder}/p.so", "-lm"], check=True)
    return ctypes.CDLL(f"{folder}/p.so")

def numbers(n):
    room = (ctypes.c_float * (n + 16))()
    at = (-ctypes.addressof(room) % 64) // 4
    for i in range(n): room[at + i] = (i * 7919 % 17 - 8) / 8
    return ctypes.cast(ctypes.addressof(room) + 4 * at, ctypes.c_void_p), room, at

def time_of(does):
    start = time.perf_counter(); does(); return time.perf_counter() - start

def measure(lib, m, n, k, blas):
    a, b, c, d = numbers(m * k), numbers(k * n), numbers(m * n), numbers(m * n)
    runs = {"nngen": lambda times: lib.products(times, a[0], b[0], c[0])}
    if blas: runs["OpenBLAS"] = lambda times: lib.others(times, a[0], b[0], d[0], blas)
    many = {}
    for name, does in runs.items():
        times = 1; does(1)
        while time_of(lambda: does(times)) < SECONDS: times *= 2
        many[name] = times
    if blas: assert all(abs(c[1][c[2] + i] - d[1][d[2] + i]) < 1e-3 * k for i in range(m * n))
    taken = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, does in runs.items(): taken[name].append(time_of(lambda: does(many[name])) / many[name])
    return {name: 2e-9 * m * n * k / sorted(t)[ROUNDS // 2] for name, t in taken.items()}

def main(words):
    if not words or words[0].startswith("-"): print(__doc__); return 2
    nngen, words = os.path.abspath(words[0]), words[1:]
    shapes, ways = [w for w in words if "x" in w] or SHAPES, [w for w in words if re.fullmatch("[nt]{2}", w)] or ["nn", "tn", "nt", "tt"]
    found = ctypes.util.find_library("openblas")
    blas = ctypes.CDLL(found).cblas_sgemm if found else None
    for shape, way in itertools.product(shapes, ways):
        m, n, k = map(int, shape.split("x"))
        with tempfile.TemporaryDirectory() as folder:
            rate = measure(build(nngen, m, n, k, way, folder), m, n, k, blas)
        print(f"{way} {shape:16s}" + "".join(f" {name} {r:7.1f}" for name, r in rate.items()), flush=True)
    return 0

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))

"""Written from the descriptions of the formats alone: safetensors (8 bytes of length, a header in JSON, the elements) and
.npz (a zip archive of .npy files)."""
import io, json, struct, subprocess, sys, zipfile

nngen = sys.argv[1]
failed = 0


def check(what, ok):
    global failed
    failed += not ok
    print(("ok      " if ok else "FAILED  ") + what)


def run(*words, status=0):
    p = subprocess.run([nngen, *words], capture_output=True, text=True)
    if p.returncode != status:
        print(f"{words}: status {p.returncode}\n{p.stdout}{p.stderr}")
    return p.stdout + p.stderr, p.returncode == status


def half(x):
    return struct.pack("<e", x)


def bfloat(x):
    return struct.pack("<f", x)[2:]


PACK = {"F64": lambda x: struct.pack("<d", x), "F32": lambda x: struct.pack("<f", x), "F16": half, "BF16": bfloat,
        "I64": lambda x: struct.pack("<q", x), "I32": lambda x: struct.pack("<i", x), "U8": lambda x: struct.pack("<B", x)}
UNPACK = {"F64": "d", "F32": "f", "I64": "q", "I32": "i"}


def write_tensors(path, tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, (dtype, shape, values) in tensors.items():
        block = b"".join(PACK[dtype](v) for v in values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(block)]}
        data += block
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def read_tensors(path):
    with open(path, "rb") as f:
        whole = f.read()
    n, = struct.unpack("<Q", whole[:8])
    header, data, out, end = json.loads(whole[8:8 + n]), whole[8 + n:], {}, 0
    assert header.pop("__metadata__")["model"] == "net"
    for name, t in sorted(header.items(), key=lambda x: x[1]["data_offsets"]):
        begin, stop = t["data_offsets"]
        assert begin == end, "holes"
        end = stop
        code = UNPACK[t["dtype"]]
        out[name] = (t["dtype"], t["shape"], list(struct.unpack(f"<{(stop - begin) // struct.calcsize(code)}{code}", data[begin:stop])))
    assert end == len(data), "length"
    return out


def npy(dtype, shape, fmt, values):
    head = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    head += b" " * (63 - (10 + len(head)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + struct.pack(f"<{len(values)}{fmt}", *values)


with open("net.nn", "w") as f:
    f.write("""dim N <= 4
input x[N, 2]
input label[N] in 3
z = x |> dense[3] as fc
loss nll = mean[N](cross_entropy(z, label))
output z
train adam(lr = 0.1)
""")
W, b = [0.5, -1, 2, 1.5, 0.25, -3], [0.125, 4, -0.75]
rows, label = [1, 2, 3, -1, 0, 0.5, -2, -2, 5, 1], [0, 1, 2, 2, 1]
want = [[sum(rows[2 * r + i] * W[3 * i + k] for i in range(2)) + b[k] for k in range(3)] for r in range(1)]

# Parameters of every float type, under another order and with foreign metadata.
for dtype in ("F64", "F32", "F16", "BF16"):
    write_tensors("w.safetensors", {"fc.b": (dtype, [3], b), "fc.W": (dtype, [2, 3], W)}, {"format": "pt"})
    out, ok = run("eval", "net.nn", "x=[[1, 2]]", "label=[0]", "--params", "w.safetensors", "--json", "--dtype", "f64")
    check(f"parameters of type {dtype}", ok and json.loads(out)["outputs"]["z"] == want)

# What does not fit is said, all of it.
write_tensors("bad.safetensors", {"fc.weight": ("F32", [3, 2], W), "fc.W": ("F32", [3, 2], W)})
out, ok = run("eval", "net.nn", "x=[[1, 2]]", "label=[0]", "--params", "bad.safetensors", status=1)
check("missing, extra and misshapen", ok and "its fc.W is [3, 2], the model's is [2, 3]" in out and "no fc.b [3]" in out and
      "its fc.weight [3, 2] is none" in out)

# Data as safetensors and as .npz, stored and deflated, gives the run that a table gives.
with open("rows.csv", "w") as f:
    f.write("x.0,x.1,label\n" + "".join(f"{rows[2 * i]},{rows[2 * i + 1]},{label[i]}\n" for i in range(5)))
write_tensors("rows.safetensors", {"label": ("I64", [5], label), "x": ("F64", [5, 2], rows)})
for name, how in (("stored.npz", zipfile.ZIP_STORED), ("deflated.npz", zipfile.ZIP_DEFLATED)):
    with zipfile.ZipFile(name, "w", how) as z:
        for array, content in (("x", npy("<f4", (5, 2), "f", rows)), ("label", npy("<i8", (5,), "q", label))):
            with z.open(array + ".npy", "w", force_zip64=True) as f:  # as numpy.savez does
                f.write(content)
run("train", "net.nn", "--data", "rows.csv", "--epochs", "3", "--save", "table.safetensors")
with open("table.safetensors", "rb") as f:
    table = f.read()
for name in ("rows.safetensors", "stored.npz", "deflated.npz"):
    out, ok = run("train", "net.nn", "--data", name, "--epochs", "3", "--save", "other.safetensors")
    with open("other.safetensors", "rb") as f:
        check(f"the same run from {name}", ok and f.read() == table)
with zipfile.ZipFile("one.npz", "w") as z:
    z.writestr("arr_0.npy", npy("<f8", (1, 2), "d", [1, 2]))
out, ok = run("eval", "net.nn", "x=one.npz", "label=[0]", "--params", "w.safetensors", "--json", "--dtype", "f64")
check("an archive of one array", ok and json.loads(out)["outputs"]["z"] == want)
out, ok = run("eval", "net.nn", "--data", "one.npz", status=1)
check("an array of another name", ok and "`arr_0` is no input" in out)
with open("deflated.npz", "rb") as f:
    whole = bytearray(f.read())
whole[whole.index(b"x.npy") + 60] ^= 1
with open("damaged.npz", "wb") as f:
    f.write(whole)
out, ok = run("eval", "net.nn", "--data", "damaged.npz", status=1)
check("a damaged member is said", ok and "damaged" in out)

# Ours, read by the script.
ours = read_tensors("table.safetensors")
check("our names, types and shapes", ours["fc.W"][:2] == ("F32", [2, 3]) and ours["optimizer/m/fc.b"][:2] == ("F32", [3]) and
      ours["run/step"] == ("I64", [], [6]) and ours["optimizer/t"] == ("I64", [], [6]) and ours["run/epoch"][2] == [3])
out, ok = run("eval", "net.nn", "x=[[1, 2]]", "label=[0]", "--params", "table.safetensors", "--json", "--dtype", "f64")
W, b = ours["fc.W"][2], ours["fc.b"][2]
z = json.loads(out)["outputs"]["z"][0]
check("our numbers", ok and all(abs(z[k] - (W[k] + 2 * W[3 + k] + b[k])) < 1e-12 for k in range(3)))
run("eval", "net.nn", "x=[[1, 2]]", "label=[0]", "--params", "w.safetensors", "--save", "results.safetensors")
with open("results.safetensors", "rb") as f:
    n, = struct.unpack("<Q", f.read(8))
    check("results of eval", set(json.loads(f.read(n))) == {"nll", "z"})
print("failed:", failed)
sys.exit(failed != 0)

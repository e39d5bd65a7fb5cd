"""What the independent NumPy programs share: parameters and inputs from a seed, nngen run on them, both compared.

A reference is a function of inputs and parameters that gives the loss and a dictionary of gradients, written by hand."""
import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy as np

TOLERANCE = {"f32": 1e-4, "f64": 1e-9}


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, value in tensors.items():
        raw = np.ascontiguousarray(value, dtype=np.float64).tobytes()
        header[name] = {"dtype": "F64", "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def run_nngen(nngen, model, inputs, params, dtype, backend, extra):
    with tempfile.TemporaryDirectory() as folder:
        words = [nngen, "eval", model, "--grad", "--json", "--dtype", dtype, "--backend", backend] + extra
        for name, value in inputs.items():
            path = os.path.join(folder, name + ".npy")
            np.save(path, value)
            words.append(f"{name}={path}")
        if params:
            path = os.path.join(folder, "params.safetensors")
            write_safetensors(path, params)
            words += ["--params", path]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(words)}\n{done.stderr}")
        return json.loads(done.stdout)


def compare(nngen, model, inputs, params, loss_name, loss, gradients, extra=()):
    """Ends the process with 1 where one differs. The scale of a difference is the largest entry of its array, or a hundredth of
    the largest of all: gradients that are 0 but for rounding (a key's bias before a softmax) have no scale of their own."""
    failed = 0
    floor = 0.01 * max(np.max(np.abs(value)) for value in gradients.values())
    for dtype in ("f64", "f32"):
        for backend in ("interp", "tcc", "cc"):
            got = run_nngen(nngen, model, inputs, params, dtype, backend, list(extra))
            worst, where = abs(got["outputs"][loss_name] - loss) / max(1, abs(loss)), "loss"
            for name, value in gradients.items():
                mine = np.asarray(got["gradients"][name], dtype=np.float64)
                if mine.shape != np.shape(value):
                    worst, where = np.inf, f"{name} of shape {mine.shape}, not {np.shape(value)}"
                    break
                off = np.max(np.abs(mine - value)) / max(np.max(np.abs(value)), floor)
                if not off <= worst:
                    worst, where = off, name
            ok = worst <= TOLERANCE[dtype]
            failed += not ok
            print(f"{'ok    ' if ok else 'FAILED'}  {os.path.basename(model)} {dtype} {backend}: {worst:.1e} ({where})")
    sys.exit(failed > 0)


def softmax_cross_entropy(z, label):
    """Mean over the rows, and the gradient by z."""
    shifted = z - z.max(1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(1, keepdims=True)
    rows = np.arange(len(label))
    g = e / total
    g[rows, label] -= 1
    return float((np.log(total)[:, 0] - shifted[rows, label]).mean()), g / len(label)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))

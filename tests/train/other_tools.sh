#!/bin/sh
# other_tools.sh NNGEN TESTS-FOLDER: files that a script of its own, with nothing but Python's standard library, writes are read,
# and it reads ours: safetensors and .npz. Without python3 it is skipped.
set -u
command -v python3 >/dev/null || exit 77
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
exec python3 "$2/train/other_tools.py" "$1"

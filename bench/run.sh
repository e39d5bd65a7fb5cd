#!/bin/sh
# run.sh NNGEN [FOLDER]: how soon each model is ready and how long its calls take, by backend; then, where Python has NumPy, products
# and whole steps beside the peers that are installed, and beside the steps written by hand in FOLDER.
set -eu
nngen=$1
here=$(dirname "$0")
for model in "$here"/*.nn; do
  echo "== $(basename "$model" .nn): $(sed -n '1s/^# //p' "$model")"
  "$nngen" bench "$model"
done
for sizes in "gmm D=10 K=25" "gmm D=32 K=25" lstm_adbench; do
  echo "== ADBench, in double: $sizes"
  "$nngen" bench "$here/../examples/${sizes%% *}.nn" $(expr "$sizes" : '[a-z_]*\(.*\)') --dtype f64
done
for python in /usr/bin/python3 python3; do
  "$python" -c 'import numpy' 2>/dev/null || continue
  echo "== products, GFLOP/s"
  "$python" "$here/kernels.py" "$nngen"
  echo "== steps beside others"
  exec "$python" "$here/compare.py" "$nngen" ${2:+--hand "$2"}
done
echo "NumPy is not installed: no peers to compare with"

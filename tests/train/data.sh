#!/bin/sh
# data.sh NNGEN TESTS-FOLDER: from the table of digits to 97 % of those never seen; the saved file tells them as well.
set -u
examples=$2/../examples
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
set -- "$1" "$examples/digits8.nn" --data "$examples/data/digits.csv" --valid 0.2
nngen=$1 model=$2
shift 2
"$nngen" train "$model" "$@" --epochs 20 --save "$tmp/w.safetensors" 2>"$tmp/said" | tee "$tmp/end" || { cat "$tmp/said"; exit 1; }
trained=$(sed 's/.*valid accuracy = \([^ ]*\).*/\1/' "$tmp/end")
saved=$("$nngen" eval "$model" "$@" --params "$tmp/w.safetensors" | sed -n 's/accuracy = //p')
echo "trained $trained, from the file $saved"
[ "$trained" = "$saved" ] && awk "BEGIN { exit !($saved >= 0.97) }"

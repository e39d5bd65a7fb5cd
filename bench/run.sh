#!/bin/sh
# run.sh NNGEN MODEL.nn...: how soon each model is ready, and how long its calls take, by backend.
set -eu
nngen=$1
shift
for model; do
  echo "== $(basename "$model" .nn): $(sed -n '1s/^# //p' "$model")"
  "$nngen" bench "$model"
done

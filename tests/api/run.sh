#!/bin/sh
# Installs the build given into a fresh folder and builds a user's project against it, by find_package and by pkg-config.
set -eu
build=$1 examples=$2
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cmake --install "$build" --prefix "$tmp/installed" >"$tmp/log"
mkdir "$tmp/user"
cp "$here/CMakeLists.txt" "$here/builtin.c" "$here/host.c" "$examples/step.nn" "$tmp/user/"
cmake -S "$tmp/user" -B "$tmp/build" -DCMAKE_PREFIX_PATH="$tmp/installed" -DCMAKE_BUILD_TYPE=Release >>"$tmp/log" 2>&1 &&
  cmake --build "$tmp/build" >>"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
"$tmp/build/builtin"
"$tmp/build/host"
mv "$tmp/installed" "$tmp/moved" # the tree may be moved as a whole
if command -v pkg-config >/dev/null; then
  pc=$(dirname "$(find "$tmp/moved" -name nngen.pc)")
  # shellcheck disable=SC2046
  cc -std=c99 "$here/host.c" -o "$tmp/host" $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs nngen)
  "$tmp/host"
fi

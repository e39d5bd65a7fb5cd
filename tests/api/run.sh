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
cmake -G Ninja -S "$tmp/user" -B "$tmp/build" -DCMAKE_PREFIX_PATH="$tmp/installed" -DCMAKE_BUILD_TYPE=Release >>"$tmp/log" 2>&1 &&
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
# examples/aot as its reader builds it, and again after the model has changed
cp -r "$examples/aot" "$tmp/aot"
build_aot() {
  cmake --build "$tmp/aot-build" >>"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
}
cmake -G Ninja -S "$tmp/aot" -B "$tmp/aot-build" -DCMAKE_PREFIX_PATH="$tmp/moved" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_FLAGS='-Wall -Wextra -Wpedantic -Werror' >>"$tmp/log" 2>&1
build_aot
"$tmp/aot-build/alone"
"$tmp/aot-build/by_name" "$tmp/aot/curve.nn"
sed -i 's/dense\[12\]/dense[13]/' "$tmp/aot/curve.nn"
build_aot
"$tmp/aot-build/by_name" "$tmp/aot/curve.nn" | grep '40 parameters' | wc -l | grep -q 2

#!/bin/sh
# races.sh NNGEN TESTS-FOLDER: no thread writes what another reads or writes between two barriers: what is emitted with
# --openmp-always, its pragmas put as calls of team.h, under the thread sanitizer. Ends with 77 where there is none.
set -u
nngen=$1 tests=$(cd "$2" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
echo 'int main(void) { return 0; }' >empty.c
gcc -fsanitize=thread empty.c -o empty 2>empty.log && ./empty || { echo 'there is no thread sanitizer'; exit 77; }
passed=0 failed=0
fails() {
  failed=$((failed + 1))
  echo "FAILED  $1"
  head -n 20 "$2"
}
for model in "$tests"/emitted/threads/*.nn; do
  name=$(basename "$model" .nn)
  "$nngen" "$model" -o m.c --desc --openmp-always --prefix m 2>log || { fails "$name: is not emitted" log; continue; }
  # The region becomes a function within the function.
  awk '/omp\.h/ { print "#include \"team.h\""; next }
    /#pragma omp parallel/ { print "void region(void)"; open = 1; next }
    /#pragma omp barrier/ { print "pthread_barrier_wait(&team_barrier);"; next }
    { sub("#ifdef _OPENMP", "#if 1"); print }
    open && /^    }$/ { print "    team_run(region);"; open = 0 }' m.c >team.c
  gcc -std=gnu99 -O1 -g -march=native -fsanitize=thread -I. -I"$tests/emitted/threads" -DMODEL_DESC=m_desc -DMODEL_H='"m.h"' \
    "$tests/emitted/threads/drive.c" team.c -o team -lm -pthread 2>log || { fails "$name: is not built" log; continue; }
  if ! grep -q team_run team.c || ! ./team 100 >out 2>log || [ -s log ] || ! ./team 37 >out 2>log || [ -s log ]; then
    fails "$name" log
  else
    passed=$((passed + 1))
  fi
done
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed != 0 ]

#!/bin/sh
# pendulum.sh NNGEN EXAMPLES: a net with second derivatives in its loss comes to obey the pendulum's equation.
set -u
t=$(awk 'BEGIN { for (i = 0; i <= 64; i++) printf "%s%g", i ? "," : "", i * 6 / 64 }')
"$1" train "$2/pendulum.nn" --steps 8000 --seed 1 "t=[$t]" 2>/dev/null | tee /dev/stderr | tail -n 1 |
  awk '{ for (i = 1; i <= NF; i++) if ($i == "residual") { print ($(i + 1) == "=" ? $(i + 2) : $(i + 1)) } }' | awk '{ exit !($1 < 1e-3) }'

#!/bin/sh
# digits.sh DIGITS EXAMPLES: the convolutional net that a host program trains tells at least 97 % of the digits it never saw.
set -u
"$1" "$2" 20 | tee /dev/stderr | tail -n 1 | awk '{ share = $6 } END { exit !(share >= 97) }'

#!/bin/sh
# run.sh NNGEN FROM TO [WORDS]: random models agree; differ.py has the words.
command -v python3 >/dev/null 2>&1 && command -v gcc >/dev/null 2>&1 || exit 77
PYTHONDONTWRITEBYTECODE=1 exec python3 "$(dirname "$0")/differ.py" "$@"

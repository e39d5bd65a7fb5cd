# Eight mistakes, of syntax and of meaning, are eight messages in one run; nothing is written.
cp "$EXAMPLES/../tests/err/eight_mistakes_of_all_kinds.nn" m.nn
try nngen m.nn -o m.c --error-format=short
ls

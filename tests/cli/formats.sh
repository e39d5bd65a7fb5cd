# The same errors for people, editors and programs; colour only on a terminal.
cp "$EXAMPLES/apple.nn" .
printf 'input x = 1\ny = x + nope\nz = x ^ 2\noutput y\n' >a.nn
printf 'input x = 1\ny = x + xx\noutput y\n' >b.nn
for format in full short json; do
  try nngen a.nn -o - --error-format=$format
  try nngen b.nn -o - --error-format $format
  try nngen nowhere.nn -o - --error-format=$format
  try nngen eval apple.nn aple=1 --error-format=$format
done

# Colour goes to terminals alone, and not where NO_COLOR or a dumb terminal asks for none; there a hint says where to read on.
unset NO_COLOR
export TERM=xterm
cp "$EXAMPLES/apple.nn" .
printf 'input x = 1\ny = x + nope\noutput y\n' >a.nn
command -v script >/dev/null || exit 0
at_terminal() { echo "\$ $*"; script -qec "$*" /dev/null | tr -d '\r' | sed 's/\x1b/<ESC>/g'; }
for command in 'nngen a.nn -o -' 'nngen a.nn -o - --error-format short' 'nngen a.nn -o - --error-format json' \
  'nngen eval apple.nn aple=1' 'nngen evl'; do
  at_terminal "$command"
done
at_terminal NO_COLOR=1 nngen a.nn -o -
at_terminal NO_COLOR= nngen evl
at_terminal TERM=dumb nngen eval apple.nn aple=1
try nngen a.nn -o -

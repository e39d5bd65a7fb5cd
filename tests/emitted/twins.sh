# twins.sh NNGEN MODEL: twice as many blocks of one kind have no more loops with an exp in them, and the text is clean C.
set -e
nngen=$1 model=$2 folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for blocks in 4 8; do
  "$nngen" "$model" -D BLOCKS=$blocks -o "$folder/$blocks.c"
  cc -std=c99 -Wall -Wextra -Wpedantic -Wshadow -Werror -O1 -c "$folder/$blocks.c" -o "$folder/$blocks.o"
done
few=$(grep -c '= nnrt_exp_f32(' "$folder/4.c") many=$(grep -c '= nnrt_exp_f32(' "$folder/8.c")
echo "$few loops with exp in 4 blocks, $many in 8"
[ "$few" = "$many" ]
"$nngen" check "$model" -D BLOCKS=2 -D T=3 -D E=4 --backend all >"$folder/said"
tail -1 "$folder/said"

# Results go into a safetensors file: 8 bytes of length, a header in JSON, then the numbers.
nngen eval -e 'input a = 2, b = 3; output y = a * b, s = [1, 2] * a' --save out.safetensors
od -An -tu8 -N8 out.safetensors | tr -d ' '
tail -c +9 out.safetensors | head -c "$(od -An -tu8 -N8 out.safetensors | tr -d ' ')"
echo
od -An -tf4 -j $((8 + $(od -An -tu8 -N8 out.safetensors))) out.safetensors | tr -s ' '
nngen eval -e 'input a = 2, b = 3; y = a * b; output y' --grad --dtype f64 --save out.safetensors
tail -c +9 out.safetensors | head -c "$(od -An -tu8 -N8 out.safetensors | tr -d ' ')"
echo

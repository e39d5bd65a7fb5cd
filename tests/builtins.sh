#!/bin/sh
# builtins.sh NNGEN TESTS-FOLDER: whatever the language knows has a line in `nngen ops`, a derivative that is compared
# with differences (gradients/, or check_ops for rows of the table), and a case of a wrong shape (err/), where it has them.
set -u
nngen=$1 tests=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

# What the language promises, by name.
promised='exp log log2 log1p expm1 sqrt rsqrt cbrt abs sign sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh
atanh erf erfc lgamma hypot xlogy min max floor ceil round clamp where isnan isfinite sum mean prod var std
logsumexp norm argmax argmin any all cumsum reshape rearrange transpose flatten concat stack split pad tile
zeros ones full eye range one_hot tril triu flip roll diag dot outer solve tri_solve cholesky inv logdet
identity relu relu6 leaky_relu elu selu gelu silu mish softplus softsign sigmoid logsigmoid hard_tanh
hard_sigmoid hard_swish softmax log_softmax squared_error abs_error huber hinge multiclass_hinge
binary_cross_entropy bce_logits cross_entropy nll kl_div cosine_similarity mse mae sse dense conv1d conv2d
depthwise_conv2d conv_transpose2d maxpool2d avgpool2d global_avgpool batchnorm layernorm rmsnorm groupnorm
embedding dropout rnn lstm gru attention transformer_block positional sgd momentum nesterov adagrad rmsprop adam adamw nadam
lion step_decay cosine warmup exponential clip_norm clip_value weight_decay uniform normal bernoulli glorot
glorot_uniform he he_uniform orthogonal file segment_sum d grad jacobian hessian vjp jvp stop_gradient'

# Right for any shape there is.
any_shape='identity relu6 selu silu mish softplus softsign logsigmoid hard_tanh hard_sigmoid hard_swish digamma sigmoid not
real count integer made_by argument_of stop_gradient require random abs neg sign floor ceil round expm1 log log2
log1p sqrt rsqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc lgamma isnan isfinite
glorot glorot_uniform he he_uniform step_decay cosine warmup exponential outer tile jacobian'
# Of whole numbers or of what is known at compile time, random, or a derivative itself.
no_slope='file integer made_by argument_of require random orthonormal uniform normal bernoulli glorot glorot_uniform he
he_uniform orthogonal grad jacobian hessian vjp jvp step_decay cosine warmup exponential'

is_in() { # WORD WORDS
  case " $(echo "$2" | tr '\n' ' ') " in *" $1 "*) return 0 ;; esac
  return 1
}

uses() { # NAME FILE: outside of comments
  grep -qE "(^|[^A-Za-z0-9_.])$1([[( ;)]|\$)" "$2" && return 0
  case $1 in # said by an operator
  add | sub | mul | div | pow | lt | le | eq | ne | and | or | select) return 0 ;;
  esac
  return 1
}

claim() { # WHETHER TEXT
  if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED  $2"; fi
}

"$nngen" ops >"$tmp/ops" || exit 1
sed 's/#.*//' "$tests"/gradients/*.nn "$tests"/lang/convolutions.nn "$tests"/lang/attention.nn >"$tmp/slopes"
sed 's/#.*//' "$tests"/err/*.nn >"$tmp/wrong"

for name in $promised; do
  grep -q "^$name[[(]" "$tmp/ops"
  claim $? "$name has no line in \`nngen ops\`"
done
sed -E 's/^([a-z_0-9]+).*  (elementwise|optimizer).*/\1 \2/; t; s/^([a-z_0-9]+).*/\1 -/' "$tmp/ops" >"$tmp/kinds"
while read -r name kind; do
  [ "$kind" != optimizer ] || continue
  if [ "$kind" != elementwise ] && ! is_in "$name" "$no_slope"; then
    uses "$name" "$tmp/slopes"
    claim $? "no derivative of $name is compared with differences"
  fi
  is_in "$name" "$any_shape" && continue
  uses "$name" "$tmp/wrong"
  claim $? "no case in err/ gives $name a wrong shape"
done <"$tmp/kinds"
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] && [ $passed != 0 ]

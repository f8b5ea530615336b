#!/bin/sh
# Everything that docs/performance.md wants to know of a processor, in about a quarter of an hour on a
# quiet machine: rows go to bench/ledger.jsonl, and the page is written anew.
#
#   bench/cpu.sh WORK 13B-INT4.gguf [13B-INT8.gguf]        from anywhere
#
# WORK       a folder with s5-q4_0.gguf and s5-q8_0.gguf: Baichuan-13B's layers, five of them, as LLaMA
#            (other programs know ALiBi by forty layers only). Made there if absent, which takes 8 GB of
#            disk for a while, a minute, and TOKENIZER=, a tokenizer.model of up to 64,000 pieces.
# 13B-*      chuan synthesize baichuan-13b --out M && chuan quantize --model M --type int4 --out ...
#
# Other programs, each left out where its variable is not set (docs/performance.md: how to install):
#   CHUAN_LLAMA_CPP         folder with node-llama-cpp, which takes the best instructions there are
#   CHUAN_LLAMA_CPP_AVX2    another such folder, for --kernels avx2; on machines with more than AVX2 one
#                           where of node_modules/@node-llama-cpp/*/bins/*/libggml-cpu-*.so only
#                           haswell is left
#   CHUAN_IK_LLAMA_PYTHON   python3 with ik-llama-cpp-python (AVX2)
#
# P=, N=, R=   tokens of a prompt (512), to generate (32), rounds (4)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 2 ] || { sed -n '2,21p' "$root/bench/cpu.sh" >&2; exit 2; }
work=$1 int4=$2 int8=${3-}
chuan=$root/chuan
prompt=${P:-512} generate=${N:-32} rounds=${R:-4}

# A larger share than other sessions have, where the system lets us; children inherit it.
{ echo -10 >"/proc/$$/autogroup"; } 2>/dev/null || true

five_layers() {
  cat >"$work/s5.json" <<'EOF'
{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 64000, "hidden_size": 5120,
 "intermediate_size": 13696, "num_hidden_layers": 5, "num_attention_heads": 40, "num_key_value_heads": 40,
 "max_position_embeddings": 4096, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false,
 "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "hidden_act": "silu"}
EOF
  "$chuan" synthesize "$work/s5.json" --out "$work/s5" --tokenizer "$TOKENIZER"
  for type in q4_0 q8_0; do
    "$chuan" quantize --model "$work/s5" --type $type --out "$work/s5-$type.gguf" --force
  done
  rm -r "$work/s5"
}
if [ ! -f "$work/s5-q4_0.gguf" ] || [ ! -f "$work/s5-q8_0.gguf" ]; then five_layers; fi

bench() {
  printf '\n$ chuan bench %s\n' "$*"
  "$chuan" bench --ledger "$root/bench/ledger.jsonl" "$@"
}
have_llama() { [ -n "${CHUAN_LLAMA_CPP-}" ] && printf '%s' '--vs llama.cpp'; true; }
have_ik() { [ -n "${CHUAN_IK_LLAMA_PYTHON-}" ] && printf '%s' '--vs ik_llama.cpp'; true; }

# 1, 2: beside others, on the same files.
lengths="-p $prompt -n $generate -r $rounds"
for type in q4_0 q8_0; do
  # shellcheck disable=SC2046,SC2086 # words
  (
    CHUAN_LLAMA_CPP=${CHUAN_LLAMA_CPP_AVX2-}
    export CHUAN_LLAMA_CPP
    bench --model "$work/s5-$type.gguf" --kernels avx2 $lengths $(have_llama) $(have_ik)
  )
  # shellcheck disable=SC2046,SC2086
  bench --model "$work/s5-$type.gguf" $lengths $(have_llama) $(have_ik)
done

# 1, 7: the whole model; a batch of eight.
bench --model "$int4" --huge-pages --kernels avx2 -p "$prompt" -n "$generate" -r 2
bench --model "$int4" --huge-pages -p "$prompt" -n "$generate" -b 1,8 -r 2
[ -z "$int8" ] || bench --model "$int8" -p 0 -n "$generate" -r 2

# 3: keys and values of a long context, and what ALiBi's windows save.
for window in off auto; do
  bench --synthetic baichuan-13b --layers 5 -p 0 -n "$generate" -d 0,1024,4096 -r "$rounds" --alibi-window $window
done
bench --synthetic baichuan-13b --layers 2 -p 512,32768 -n 0 -r 1

"$chuan" bench report

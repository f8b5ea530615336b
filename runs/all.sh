#!/bin/sh
# From raw text to a model that answers: runs/all.sh [FOLDER WITH RECIPES]
#
# A stage whose result is there is left out; training goes on from its last checkpoint. So after
# Ctrl-C, a crash or a power cut the same command goes on. To make something anew, delete its result.
set -eu
root=$(cd -P "$(dirname "$0")/.." && pwd)
recipes=$(cd "${1:-$root/runs}" && pwd)
cd "$root"

# output RECIPE: what a recipe says it writes. Paths of training are relative to the current folder,
# all others to their recipe.
output() {
  path=$(sed -n 's/^output: *\([^ #]*\).*/\1/p' "$1" | tr -d "\"'")
  [ -n "$path" ] || { echo "$1: no output" >&2; exit 2; }
  case "$path/$(basename "$1")" in
    /*) echo "$path" ;;
    */pretrain.yaml | */sft.yaml) echo "$root/$path" ;;
    *) echo "$recipes/$path" ;;
  esac
}

# stage RESULT WORDS...: runs ./chuan unless the result is there.
stage() {
  result=$1
  shift
  if [ -e "$result" ]; then
    printf 'there: %s\n' "$result"
    return
  fi
  printf '\n$ ./chuan %s\n' "$*"
  code=0
  ./chuan "$@" || code=$?
  [ $code = 0 ] || exit $code
}

corpora=corpus
[ ! -f "$recipes/verbatim.yaml" ] || corpora="corpus verbatim"
for name in $corpora; do
  stage "$(output "$recipes/$name.yaml")/report.json" corpus clean "$recipes/$name.yaml"
done
tokenizer=$(output "$recipes/tokenizer.yaml")
stage "$tokenizer" tokenizer train "$recipes/tokenizer.yaml"
for name in $corpora; do
  stage "$(output "$recipes/$name.yaml")/shards/report.txt" \
    corpus pack "$recipes/$name.yaml" --by-source --tokenizer "$tokenizer"
done
stage "$(output "$recipes/chat.yaml")/report.txt" corpus dialogues "$recipes/chat.yaml" --tokenizer "$tokenizer"
stage "$(output "$recipes/pretrain.yaml")/model" pretrain "$recipes/pretrain.yaml"
stage "$(output "$recipes/sft.yaml")/model" sft "$recipes/sft.yaml"
printf '\nTry it: ./chuan chat --model %s\n' "$(output "$recipes/sft.yaml")/model"

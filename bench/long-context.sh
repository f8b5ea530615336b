#!/bin/sh
# Draws docs/images/long-context.png and writes the table of docs/long-context.md anew.
#   bench/long-context.sh MODEL TRAINED FILE.jsonl.gz...   for example, from the repository's root:
#   bench/long-context.sh models/chuan-10m-base 256 data/heldout/zh.jsonl.gz data/heldout/en.jsonl.gz
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 3 ] || { sed -n '2,4p' "bench/${0##*/}" >&2; exit 2; }
model=$1 trained=$2
shift 2
page=docs/long-context.md
table=$(mktemp)
trap 'rm -f "$table" "$table.page"' EXIT
files=
for file; do files="$files --file $file"; done
# shellcheck disable=SC2086 # names without blanks
./chuan perplexity --model "$model" --by-length --ctx 4096 --trained "$trained" --curves none,ntk \
  --documents 8 --chart docs/images/long-context.png $files >"$table"
awk -v table="$table" '
  /^<!-- end of the table -->/ { inside = 0 }
  !inside { print }
  /^<!-- the table/ { inside = 1; print ""; while ((getline line < table) > 0) print line; print "" }
' "$page" >"$table.page"
cat "$table.page" >"$page"
echo "$page and its chart are new; read its text again"

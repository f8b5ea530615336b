#!/bin/sh
# How long a user waits for the first token, from the start of the process to its end after one token:
# with the file in memory and, where caches may be dropped (root on Linux), without, in turns with
# reading the file once. Adds rows to bench/ledger.jsonl.
#
#   bench/first_token.sh [MODEL] [ROUNDS]        default: the shipped model, 3
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
model=${1:-} rounds=${2:-3}
chuan=$root/chuan
machine=$("$chuan" doctor --json | sed -n 's/.*"cpu":"\([^"]*\)".*/\1/p')
commit=$(git -C "$root" rev-parse --short HEAD)

seconds() { # of a command, its output thrown away
  start=$(date +%s%N)
  "$@" >/dev/null 2>&1
  end=$(date +%s%N)
  awk "BEGIN { printf \"%.3f\", ($end - $start) / 1e9 }"
}
first_token() { # shellcheck disable=SC2086
  seconds "$chuan" generate ${model:+--model "$model"} --prompt 你好 --max-tokens 1
}
row() { # WHAT TIMES [TIMES OF READING]
  python3 - "$@" <<'EOF' | tee -a "$root/bench/ledger.jsonl"
import json, os, statistics, sys, time
what, times, reading = sys.argv[1], [float(t) for t in sys.argv[2].split()], [float(t) for t in sys.argv[3].split()]
row = {"date": time.strftime("%Y-%m-%d", time.gmtime()), "commit": os.environ["COMMIT"],
       "machine": os.environ["MACHINE"], "command": "bench/first_token.sh " + os.path.basename(os.environ["MODEL"]),
       "what": what, "unit": "s", "load": round(os.getloadavg()[0], 1), "rounds": len(times),
       "median": statistics.median(times), "spread": [min(times), max(times)]}
if reading:
    row |= {"peer": "cat, reading the file once", "peer_median": statistics.median(reading),
            "peer_spread": [min(reading), max(reading)], "ratio": round(row["median"] / statistics.median(reading), 3)}
print(json.dumps(row))
EOF
}
export COMMIT="$commit" MACHINE="$machine" MODEL="${model:-shipped}"

first_token >/dev/null # builds, and makes what speeds up later starts
first_token >/dev/null
cached=
for _ in $(seq "$rounds"); do cached="$cached $(first_token)"; done
row "first token, file in memory" "$cached" ""

if [ -n "$model" ] && [ -w /proc/sys/vm/drop_caches ]; then
  cold= reading=
  for _ in $(seq "$rounds"); do
    sync; echo 3 >/proc/sys/vm/drop_caches
    reading="$reading $(seconds cat "$model")"
    sync; echo 3 >/proc/sys/vm/drop_caches
    cold="$cold $(first_token)"
  done
  row "first token, file not in memory" "$cold" "$reading"
fi

#!/usr/bin/env python3
"""Questions per second of `chuan eval`: beginnings shared and questions batched, beside one by one.

    bench/eval_speed.py --data SETS [--model M] [--tasks cmmlu] [--limit 60] [--rounds 2]

Both forms run in turns; every question must have the same prompt, scores and choice in both, bit for
bit, or nothing is written. Times are those of the examination itself, without starting the JVM and
loading the model. Appends a row to bench/ledger.jsonl. Needs nothing but Python's standard library.
"""
import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FORMS = {"one by one": ["--no-sharing", "--batch", "1"], "shared": []}


def examine(arguments, form, folder):
    out = os.path.join(folder, "run.json")
    command = [os.path.join(ROOT, "chuan"), "eval", "--model", arguments.model, "--tasks", arguments.tasks,
               "--data", arguments.data, "--limit", str(arguments.limit), "--out", out] + FORMS[form]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    with open(out, encoding="utf-8") as file:
        run = json.load(file)
    os.remove(out)
    answers = [{key: value for key, value in result.items() if key != "seconds"}
               for paper in run["papers"] for result in paper["results"]]
    return run["facts"]["run_seconds"], answers


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="folder with the sets")
    parser.add_argument("--model", default=os.path.join(ROOT, "models", "chuan-10m-base"))
    parser.add_argument("--tasks", default="cmmlu")
    parser.add_argument("--limit", type=int, default=60, help="questions of each subject")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    rates = {form: [] for form in FORMS}
    expected = None
    with tempfile.TemporaryDirectory() as folder:
        for round_ in range(arguments.rounds):
            for form in FORMS:
                seconds, answers = examine(arguments, form, folder)
                expected = expected or answers
                if answers != expected:
                    sys.exit(f"{form}: other answers than the first run")
                rates[form].append(len(answers) / seconds)
                print(f"round {round_ + 1}, {form}: {len(answers):,} questions, {rates[form][-1]:.1f} a second")
    median = {form: statistics.median(values) for form, values in rates.items()}
    ratio = median["shared"] / median["one by one"]
    print(f"{ratio:.2f} times, same answers")
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout
    row = {
        "date": datetime.date.today().isoformat(),
        "commit": commit.strip(),
        "machine": machine(),
        "command": f"bench/eval_speed.py --tasks {arguments.tasks} --limit {arguments.limit}",
        "what": f"examination of {os.path.basename(arguments.model.rstrip('/'))}",
        "unit": "questions/s",
        "load": round(os.getloadavg()[0], 1),
        "rounds": arguments.rounds,
        "median": round(median["shared"], 1),
        "spread": [round(min(rates["shared"]), 1), round(max(rates["shared"]), 1)],
        "peer": "Chuan itself, --no-sharing --batch 1",
        "peer_median": round(median["one by one"], 1),
        "peer_spread": [round(min(rates["one by one"]), 1), round(max(rates["one by one"]), 1)],
        "ratio": round(ratio, 2),
    }
    with open(os.path.join(ROOT, "bench", "ledger.jsonl"), "a", encoding="utf-8") as ledger:
        ledger.write(json.dumps(row, ensure_ascii=False) + "\n")


def machine():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()

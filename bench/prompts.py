#!/usr/bin/env python3
"""What a chat model answers to the forty fixed prompts of runs/prompts.jsonl, as it came.

    bench/prompts.py --model FOLDER [--output answers.md] [--json answers.jsonl] [--seed 1]
    bench/prompts.py --model FOLDER --held-out data/corpus/sft/heldout.jsonl.gz [--limit 200]

Each prompt to a fresh chat, with the sampling that the model is published with and one seed; nothing is
tried twice. Writes Markdown for the model's card, with the number of answers that stopped by themselves.

With --held-out: exercises that were kept out of training, answered greedily. A translation is right if it
is the expected sentence, a sum if the last number of the answer is the right one.

Needs Python 3.9 and nothing else; everything goes through `./chuan chat`.
"""
import argparse
import collections
import gzip
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def answers(options, prompts, *more):
    """One conversation that is forgotten after each answer."""
    for prompt in prompts:
        if "\n" in prompt or prompt.startswith("/"):
            sys.exit(f"prompts: not one line of a chat: {prompt!r}")
    command = [str(options.chuan), "chat", "--model", str(options.model), "--json", "--no-history", *more]
    text = "".join(f"{prompt}\n/reset\n" for prompt in prompts)
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or len(rows) != len(prompts):
        sys.exit(f"prompts: {len(rows)} answers to {len(prompts)} prompts, exit code {done.returncode}")
    return rows


def card(prompts, rows):
    stopped = sum(row["finish_reason"] == "stop" for row in rows)
    lines = [f"{stopped} of {len(rows)} answers stopped by themselves.", "", "```"]
    for prompt, row in zip(prompts, rows):
        mark = "" if row["finish_reason"] == "stop" else "  [cut off]"
        lines += [f"> {prompt['prompt']}", row["text"].strip() + mark]
    return "\n".join(lines + ["```"]) + "\n"


def right(source, expected, answer):
    if source == "sums":
        numbers = re.findall(r"\d+", answer)
        return bool(numbers) and numbers[-1] == re.findall(r"\d+", expected)[-1]
    return answer.strip() == expected.strip()


def held_out(options):
    chosen = collections.defaultdict(list)
    with gzip.open(options.held_out, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            messages = [message["content"] for message in row["messages"]]
            name = (row["source"], row["lang"])
            if len(messages) == 2 and "\n" not in messages[0] and len(chosen[name]) < options.limit:
                chosen[name].append(messages)
    print("| exercise | language of the request | right |\n| --- | --- | ---: |")
    for (source, lang), dialogues in sorted(chosen.items()):
        if source not in options.sources.split(","):
            continue
        rows = answers(options, [question for question, _ in dialogues], "--temperature", "0")
        good = sum(right(source, expected, row["text"]) for (_, expected), row in zip(dialogues, rows))
        print(f"| {source} | {lang} | {good} of {len(rows)} |", flush=True)
        if options.json:
            with open(options.json, "a", encoding="utf-8") as file:
                for (question, expected), row in zip(dialogues, rows):
                    json.dump({"prompt": question, "expected": expected, **row}, file, ensure_ascii=False)
                    file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--prompts", type=pathlib.Path, default=ROOT / "runs" / "prompts.jsonl")
    parser.add_argument("--held-out", type=pathlib.Path)
    parser.add_argument("--sources", default="sums,simple-translation")
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--chuan", type=pathlib.Path, default=ROOT / "chuan")
    options = parser.parse_args()
    if options.held_out:
        held_out(options)
        return
    prompts = [json.loads(line) for line in options.prompts.read_text(encoding="utf-8").splitlines()]
    rows = answers(options, [p["prompt"] for p in prompts], "--seed", str(options.seed))
    text = card(prompts, rows)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    if options.json:
        lines = [json.dumps({**p, **row}, ensure_ascii=False) for p, row in zip(prompts, rows)]
        options.json.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What a chat model answers to the forty fixed prompts of runs/prompts.jsonl, as it came.

    bench/prompts.py --model FOLDER [--output answers.md] [--json answers.jsonl] [--seed 1]
    bench/prompts.py --model FOLDER --prompts runs/conversations.jsonl
    bench/prompts.py --model FOLDER --held-out data/corpus/sft/heldout.jsonl.gz [--limit 200] [--turns 4]

Each prompt, or the prompts of each conversation one after the other, to a fresh chat, with the sampling that
the model is published with and one seed; nothing is tried twice. Writes Markdown for the model's card, with
the number of answers that stopped by themselves.

With --held-out: exercises that were kept out of training, answered greedily. A translation is right if it
is the expected sentence, a sum if the last number of the answer is the right one. With --turns N, exercises
of all kinds are mixed (by --seed) and asked N in one chat, which shows what the questions before cost.

Needs Python 3.9 and nothing else; everything goes through `./chuan chat`.
"""
import argparse
import collections
import gzip
import json
import pathlib
import random
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def answers(options, conversations, *more):
    """Lists of answers, one to every prompt; each conversation begins with nothing remembered."""
    prompts = [prompt for conversation in conversations for prompt in conversation]
    for prompt in prompts:
        if "\n" in prompt or prompt.startswith("/"):
            sys.exit(f"prompts: not one line of a chat: {prompt!r}")
    command = [str(options.chuan), "chat", "--model", str(options.model), "--json", "--no-history", *more]
    text = "".join("".join(f"{prompt}\n" for prompt in conversation) + "/reset\n" for conversation in conversations)
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or len(rows) != len(prompts):
        sys.exit(f"prompts: {len(rows)} answers to {len(prompts)} prompts, exit code {done.returncode}")
    left = iter(rows)
    return [[next(left) for _ in conversation] for conversation in conversations]


def card(conversations, answered):
    rows = [row for rows in answered for row in rows]
    stopped = sum(row["finish_reason"] == "stop" for row in rows)
    lines = [f"{stopped} of {len(rows)} answers stopped by themselves.", "", "```"]
    for number, (conversation, rows) in enumerate(zip(conversations, answered)):
        if number and len(conversation) > 1:
            lines.append("")
        for prompt, row in zip(conversation, rows):
            mark = "" if row["finish_reason"] == "stop" else "  [cut off]"
            lines += [f"> {prompt}", row["text"].strip() + mark]
    return "\n".join(lines + ["```"]) + "\n"


def right(source, expected, answer):
    if source == "sums":
        numbers = re.findall(r"\d+", answer)
        return bool(numbers) and numbers[-1] == re.findall(r"\d+", expected)[-1]
    return answer.strip() == expected.strip()


def exercises(options):
    """Question and expected answer of the wanted sources, by source and language."""
    chosen = collections.defaultdict(list)
    with gzip.open(options.held_out, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            messages = [message["content"] for message in row["messages"]]
            name = (row["source"], row["lang"])
            if row["source"] not in options.sources.split(","):
                continue
            if len(messages) == 2 and "\n" not in messages[0] and len(chosen[name]) < options.limit:
                chosen[name].append(messages)
    return dict(sorted(chosen.items()))


def judged(options, chats):
    """Of chats, each a list of (source, question, expected): whether each answer was right."""
    answered = answers(options, [[question for _, question, _ in chat] for chat in chats], "--temperature", "0")
    verdicts = []
    for chat, rows in zip(chats, answered):
        verdicts.append([right(source, expected, row["text"]) for (source, _, expected), row in zip(chat, rows)])
        if options.json:
            with open(options.json, "a", encoding="utf-8") as file:
                for (_, question, expected), row in zip(chat, rows):
                    json.dump({"prompt": question, "expected": expected, **row}, file, ensure_ascii=False)
                    file.write("\n")
    return verdicts


def held_out(options):
    print("| exercise | language of the request | right |\n| --- | --- | ---: |")
    for (source, lang), dialogues in exercises(options).items():
        verdicts = judged(options, [[(source, *dialogue)] for dialogue in dialogues])
        print(f"| {source} | {lang} | {sum(map(sum, verdicts))} of {len(verdicts)} |", flush=True)


def held_out_in_turns(options):
    turns = options.turns
    mixed = [(source, *dialogue) for (source, _), all_of in exercises(options).items() for dialogue in all_of]
    random.Random(options.seed).shuffle(mixed)
    chats = [mixed[at:at + turns] for at in range(0, len(mixed) - turns + 1, turns)]
    if not chats:
        sys.exit(f"prompts: {options.held_out} has {len(mixed)} exercises, fewer than a chat of {turns}")
    verdicts = judged(options, chats)
    print("| question of a chat | right |\n| --- | ---: |")
    for turn in range(turns):
        print(f"| {turn + 1} | {sum(verdict[turn] for verdict in verdicts)} of {len(verdicts)} |")


def run(options):
    if options.held_out and options.turns == 1:
        held_out(options)
        return
    if options.held_out:
        held_out_in_turns(options)
        return
    asked = [json.loads(line) for line in options.prompts.read_text(encoding="utf-8").splitlines()]
    conversations = [row["turns"] if "turns" in row else [row["prompt"]] for row in asked]
    answered = answers(options, conversations, "--seed", str(options.seed))
    text = card(conversations, answered)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    if options.json:
        lines = [
            json.dumps({**row, "prompt": prompt, **answer}, ensure_ascii=False)
            for row, prompts, rows in zip(asked, conversations, answered)
            for prompt, answer in zip(prompts, rows)
        ]
        options.json.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(text, end="")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--prompts", type=pathlib.Path, default=ROOT / "runs" / "prompts.jsonl")
    parser.add_argument("--held-out", type=pathlib.Path)
    parser.add_argument("--sources", default="sums,simple-translation")
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--chuan", type=pathlib.Path, default=ROOT / "chuan")
    options = parser.parse_args()
    if options.turns < 1:
        parser.error(f"--turns must be at least 1: {options.turns}")
    file = options.held_out or options.prompts
    try:
        run(options)
    except OSError as error:
        sys.exit(f"prompts: {error}")
    except (EOFError, ValueError) as error:
        sys.exit(f"prompts: {file}: {error}")
    except KeyError as error:
        sys.exit(f"prompts: {file}: a line without the field {error}")


if __name__ == "__main__":
    main()

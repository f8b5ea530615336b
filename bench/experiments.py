#!/usr/bin/env python3
"""Small training runs beside each other: which vocabulary, shape, batch, rate, optimizer, mixture?

    bench/experiments.py prepare EXPERIMENTS.yaml    clean text, tokenizers, shards; what exists stays
    bench/experiments.py run     EXPERIMENTS.yaml    the runs that are not finished, one after the other
    bench/experiments.py table   EXPERIMENTS.yaml    results.jsonl, results.md and curves.svg again
    bench/experiments.py mix     EXPERIMENTS.yaml RUN    `data:` of a run, to paste into a configuration
    bench/experiments.py list    EXPERIMENTS.yaml    the runs, and how often a run of --tokens reads a source

Each run gets the same time of training: a short probe measures its tokens/s, which decides its number of
steps and with it the schedule; evaluation is not counted. All are judged on the same held-out text in
bits per byte, so that vocabularies can be compared. Everything goes through ./chuan. A run that was cut
goes on from its checkpoint; a finished one is not run again while its settings are the same.

See runs/experiments/first.yaml for what such a file says; one that `extends` another says what differs. Shards are one for each source
(`chuan corpus pack --by-source`), so a mixture is a matter of weights: in a mixture a source of weight w
is read w times while one of weight 1 is read once.

Options: --only NAME,NAME (run, table); --data DIR, --output DIR, --seconds S instead of what the file
says; --raw DIR instead of the `data` of the recipes (prepare); --shown DIR, written instead of the data folder
(mix); --chuan FILE.
Needs Python 3.9 or newer and PyYAML.
"""
import argparse
import copy
import gzip
import hashlib
import json
import math
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
LANGUAGES = ("zh", "en")
KINDS = ("cleaned", "verbatim")
BLOCK_CHARACTERS = 800  # a held-out sample is made of pieces of about this size
# What an experiment says beside the keys of a pretraining configuration.
OWN_KEYS = {"name", "vocabulary", "mixture", "seconds", "warmup", "decay"}
COLOURS = ("#1f77b4 #d62728 #2ca02c #ff7f0e #9467bd #8c564b #e377c2 #7f7f7f #bcbd22 #17becf").split()


def fail(message):
    sys.exit(f"experiments: {message}")


def merged(base, other):
    """`other` over `base`, mappings key by key."""
    result = copy.deepcopy(base)
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def read(path):
    try:
        return yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        fail(f"{path}: {error}")


class Shard:
    """The header of a file of tokens; see chuan.tokenizer.TokenShard."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            header = file.read(64)
        if len(header) < 64 or header[:8] != b"CHUANTOK":
            fail(f"{path}: not a token shard")
        self.tokens, self.documents, _, self.bytes = struct.unpack("<4Q", header[32:64])


class Plan:
    """An experiment file: where the data is, the vocabularies, the mixtures, the runs."""

    def __init__(self, path, data=None, output=None, seconds=None):
        self.path = pathlib.Path(path).resolve()
        spec = self.extended(self.path)
        self.data = (data or self.path.parent / spec["data"]).resolve()
        self.output = (output or self.path.parent / spec["output"]).resolve()
        self.recipes = {kind: (self.path.parent / spec["recipes"][kind]).resolve() for kind in KINDS}
        self.tokenizer = (self.path.parent / spec["recipes"]["tokenizer"]).resolve()
        self.dialogues = (self.path.parent / spec["recipes"]["dialogues"]).resolve()
        self.vocabularies = spec["vocabularies"]  # over the recipe of the tokenizer
        self.held_out_part = spec.get("held-out-part", 8)
        self.probe_seconds = spec.get("probe-seconds", 12)
        self.mixtures = spec["mixtures"]
        base = spec["base"]
        if seconds:
            base["seconds"] = seconds
        self.runs = [merged(base, run) for run in spec["runs"]]
        if seconds:
            for run in self.runs:
                run["seconds"] = seconds
        names = [run.get("name") for run in self.runs]
        if None in names or len(set(names)) != len(names):
            fail(f"{path}: every run needs a name of its own")
        for run in self.runs:
            for key, known in (("vocabulary", self.vocabularies), ("mixture", self.mixtures)):
                if run.get(key) not in known:
                    fail(f"{path}: run {run['name']}: {key} {run.get(key)!r} is not in the file")

    def extended(self, path, above=()):
        """What a file says, over the file it extends, over the one that extends, and so on."""
        path = path.resolve()
        if path in above:
            fail(f"{path}: extends itself")
        spec = read(path)
        base = spec.pop("extends", None)
        return merged(self.extended(path.parent / base, (*above, path)), spec) if base else spec

    def clean(self, kind):
        return self.data / "text" / kind

    def folder(self, vocabulary):
        return self.data / f"v{vocabulary}"

    def shards(self, vocabulary, kind):
        return self.folder(vocabulary) / kind / "shards"

    def held_out(self, vocabulary, kind, lang):
        return self.folder(vocabulary) / f"held-out-{kind}" / "shards" / f"heldout-{lang}.tokens"

    def dialogue_shard(self, vocabulary):
        return self.folder(vocabulary) / "dialogues" / "train.tokens"

    def weights(self, kind):
        """Source to weight as the recipe of the corpus has them."""
        recipe = yaml.safe_load(self.recipes[kind].read_text())
        return {f"{s['lang']}/{s['name']}": s.get("weight", 1) for s in recipe["sources"]}

    def train(self, run):
        """The weighted files of a run: a list of (shard, share of the tokens in percent, weight)."""
        mixture = self.mixtures[run["mixture"]]
        unknown = set(mixture) - {*KINDS, "dialogues", "weights", "chinese"}
        if unknown:
            fail(f"{self.path}: mixture {run['mixture']}: unknown {sorted(unknown)}")
        rows = []
        for kind in KINDS:
            part = mixture.get(kind, 0)
            if not part:
                continue
            given = mixture.get("weights", {}).get(kind, {})
            known = self.weights(kind)
            for source in given:
                if source not in known:
                    fail(f"{self.path}: mixture {run['mixture']}: no source {source}")
            files = []
            for source, weight in {**known, **given}.items():
                if weight > 0:
                    path = self.shards(run["vocabulary"], kind) / (source.replace("/", "-", 1) + ".tokens")
                    if not path.exists():
                        fail(f"{path} is missing; first: bench/experiments.py prepare")
                    shard = Shard(path)
                    # A trainer draws windows: two of them must fit.
                    if shard.tokens > 3 * run["batch"]["tokens"]:
                        files.append((source[:2], shard, weight))
            total = {lang: sum(w * s.tokens for l, s, w in files if l == lang) for lang in LANGUAGES}
            for lang, shard, weight in files:
                share = weight * shard.tokens / sum(total.values())
                if "chinese" in mixture:
                    wanted = mixture["chinese"] if lang == "zh" else 1 - mixture["chinese"]
                    share = wanted * weight * shard.tokens / total[lang]
                rows.append((shard, part * share, weight))
        if mixture.get("dialogues"):
            rows.append((Shard(self.dialogue_shard(run["vocabulary"])), mixture["dialogues"], 1))
        whole = sum(share for _, share, _ in rows)
        return [(shard, 100 * share / whole, weight) for shard, share, weight in rows]

    def configuration(self, run, output, steps, evaluate=True):
        """What `chuan pretrain` reads, as JSON, which is YAML as well."""
        config = {key: copy.deepcopy(value) for key, value in run.items() if key not in OWN_KEYS}
        config["output"] = str(output)
        config["tokenizer"] = str(self.folder(run["vocabulary"]) / "tokenizer.model")
        config.setdefault("model", {})["vocab"] = self.vocabularies[run["vocabulary"]]["pieces"]
        config["steps"] = steps
        schedule = config.setdefault("schedule", {})
        if schedule.get("kind", "wsd") != "constant":
            schedule.setdefault("kind", "wsd")
            schedule["decaySteps"] = round(run.get("decay", 0.3) * steps)
        schedule["warmupSteps"] = max(1, round(run.get("warmup", 0.06) * steps))
        config["data"] = {
            "train": [{"file": str(s.path), "weight": round(share, 5)} for s, share, _ in self.train(run)],
            "heldOut": [
                {"name": f"{lang} {kind}", "file": str(self.held_out(run["vocabulary"], kind, lang))}
                for kind in KINDS
                for lang in LANGUAGES
                if evaluate
            ],
        }
        config["evaluation"] = {"everySteps": 0, "tokens": 0}
        config["checkpoints"] = {"everySteps": max(1, steps // 3), "keep": 1}
        return config


# ---- data --------------------------------------------------------------------------------------------


def chuan(options, *arguments):
    command = [str(options.chuan), *map(str, arguments)]
    print("+", *command, flush=True)
    if subprocess.run(command).returncode != 0:
        fail("failed: " + " ".join(command))


def sample_held_out(source, target, part):
    """One block in `part` of the held-out documents, chosen by hash: all sources, at their size."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(source, "rt", encoding="utf-8") as lines, open(target, "wb") as raw:
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as out:
            for line in lines:
                document = json.loads(line)
                for index, block in enumerate(blocks(document["text"])):
                    digest = hashlib.sha256(f"{document['id']}/{index}".encode()).digest()
                    if int.from_bytes(digest[:8], "big") % part == 0:
                        row = json.dumps({"text": block, "id": f"{document['id']}/{index}"}, ensure_ascii=False)
                        out.write(row.encode() + b"\n")


def blocks(text):
    block = ""
    for line in text.splitlines(keepends=True):
        block += line
        if len(block) >= BLOCK_CHARACTERS:
            yield block.rstrip("\n")
            block = ""
    if block.strip():
        yield block.rstrip("\n")


def prepare(plan, options):
    for kind in KINDS:
        if not (plan.clean(kind) / "report.json").exists():
            chuan(options, "corpus", "clean", plan.recipes[kind], *raw(options), "--output", plan.clean(kind))
        for lang in LANGUAGES:
            target = plan.data / "text" / f"held-out-{kind}" / "heldout" / f"{lang}.jsonl.gz"
            if not target.exists():
                sample_held_out(plan.clean(kind) / "heldout" / f"{lang}.jsonl.gz", target, plan.held_out_part)
    for name, settings in plan.vocabularies.items():
        folder = plan.folder(name)
        tokenizer = folder / "tokenizer.model"
        if not tokenizer.exists():
            folder.mkdir(parents=True, exist_ok=True)
            recipe = merged(yaml.safe_load(plan.tokenizer.read_text()), settings)
            written = folder / "tokenizer.yaml"
            written.write_text(yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False))
            sample = plan.clean("cleaned") / "tokenizer-sample.jsonl.gz"
            chuan(options, "tokenizer", "train", written, "--texts", sample, "-o", tokenizer)
        for kind in KINDS:
            pack(options, plan.recipes[kind], plan.clean(kind), folder / kind, tokenizer)
            # A recipe without sources: nothing but the held-out text is packed.
            recipe = yaml.safe_load(plan.recipes[kind].read_text())
            recipe["data"] = str((plan.recipes[kind].parent / recipe["data"]).resolve())
            recipe["sources"] = []
            only = folder / f"held-out-{kind}.yaml"
            only.write_text(yaml.safe_dump(recipe, sort_keys=False))
            pack(options, only, plan.data / "text" / f"held-out-{kind}", folder / f"held-out-{kind}", tokenizer)


        dialogues = plan.dialogue_shard(name)
        if not dialogues.exists():
            arguments = ["--tokenizer", tokenizer, "--output", dialogues.parent]
            chuan(options, "corpus", "dialogues", plan.dialogues, *raw(options), *arguments)


def raw(options):
    return ["--data", options.raw] if options.raw else []


def pack(options, recipe, text, target, tokenizer):
    """Packs into a folder beside the text and moves the shards to where they belong."""
    if (target / "shards").exists():
        return
    shutil.rmtree(text / "shards", ignore_errors=True)
    chuan(options, "corpus", "pack", recipe, *raw(options), "--by-source", "--tokenizer", tokenizer, "--output", text)
    target.mkdir(parents=True, exist_ok=True)
    shutil.move(str(text / "shards"), str(target / "shards"))


# ---- runs --------------------------------------------------------------------------------------------


def json_lines(path):
    if not path.exists():
        return []
    rows = []
    for line in path.read_text().splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            pass  # the last line of a run that was killed while writing
    return rows


def train(options, config_file, log, stop_after=None):
    """Runs `chuan pretrain`; returns its exit code and what was seen: (time, tokens) of steps.

    With `stop_after`, asks it to stop that many seconds after its first step."""
    metrics = pathlib.Path(json.loads(config_file.read_text())["output"]) / "metrics.jsonl"
    start = metrics.stat().st_size if metrics.exists() else 0
    seen = []
    with open(log, "a") as out:
        command = [str(options.chuan), "pretrain", str(config_file)]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None:
                time.sleep(0.05)
                tokens = newest_tokens(metrics, start)
                if tokens and (not seen or tokens > seen[-1][1]):
                    seen.append((time.monotonic(), tokens))
                if stop_after and seen and time.monotonic() - seen[0][0] > stop_after:
                    process.send_signal(signal.SIGTERM)
                    stop_after = None
        except BaseException:
            process.send_signal(signal.SIGTERM)
            process.wait()
            raise
    return process.returncode, seen


def newest_tokens(metrics, start):
    """Tokens of the newest step that was written behind byte `start`, or None."""
    if not metrics.exists():
        return None
    with open(metrics, "rb") as file:
        file.seek(max(start, metrics.stat().st_size - 2000))
        lines = file.read().split(b"\n")[:-1]
    for line in reversed(lines):
        if line.startswith(b'{"step"') and b'"loss"' in line:
            return json.loads(line)["tokens"]
    return None


def rate(seen, skip=0.0):
    """Tokens a second between the first observation (after the share `skip`) and the last."""
    if len(seen) < 2:
        return None
    start = seen[0][0] + skip * (seen[-1][0] - seen[0][0])
    late = [s for s in seen if s[0] >= start]
    (t0, n0), (t1, n1) = late[0], late[-1]
    return (n1 - n0) / (t1 - t0) if t1 > t0 else None


def execute(plan, options, run):
    folder = plan.output / run["name"]
    state_file = folder / "state.json"
    settings = json.dumps([run, plan.mixtures[run["mixture"]]], sort_keys=True)
    state = json.loads(state_file.read_text()) if state_file.exists() else {}
    if state.get("settings") != settings:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        state = {"settings": settings, "seconds": 0.0}
    if state.get("finished"):
        return
    per_step = run["batch"]["sequences"] * run["batch"]["tokens"] * run["batch"].get("accumulation", 1)
    log = folder / "log.txt"
    if "steps" not in state:
        probe = folder / "probe.json"
        config = plan.configuration(run, folder / "probe", 1_000_000, evaluate=False)
        config["checkpoints"]["everySteps"] = 1_000_000
        probe.write_text(json.dumps(config))
        shutil.rmtree(folder / "probe", ignore_errors=True)
        code, seen = train(options, probe, log, stop_after=plan.probe_seconds)
        speed = rate(seen, skip=1 / 3)
        shutil.rmtree(folder / "probe", ignore_errors=True)
        if not speed:
            fail(f"{run['name']}: the probe did not train (exit code {code}); see {log}")
        state["probe"] = speed
        state["steps"] = max(10, round(run["seconds"] * speed / per_step))
        state_file.write_text(json.dumps(state))
        print(f"{run['name']}: {speed:,.0f} tokens/s, {state['steps']:,} steps", flush=True)
    config_file = folder / "config.json"
    config_file.write_text(json.dumps(plan.configuration(run, folder / "run", state["steps"]), indent=1))
    code, seen = train(options, config_file, log)
    if len(seen) > 1:
        state["seconds"] += seen[-1][0] - seen[0][0]
        state["timed"] = state.get("timed", 0) + seen[-1][1] - seen[0][1]
    state["finished"] = code == 0
    state_file.write_text(json.dumps(state))
    if code != 0:
        print(f"{run['name']}: ended with exit code {code}; see {log}", flush=True)
        return
    shutil.rmtree(folder / "run" / "checkpoints", ignore_errors=True)
    row = result(plan, run)
    print(f"{run['name']}: " + "  ".join(f"{k} {v:.3f}" for k, v in row["bitsPerByte"].items()), flush=True)


# ---- results -----------------------------------------------------------------------------------------


def result(plan, run):
    folder = plan.output / run["name"]
    state_file = folder / "state.json"
    if not state_file.exists():
        return None
    state = json.loads(state_file.read_text())
    rows = json_lines(folder / "run" / "metrics.jsonl")
    held_out = [row["heldOut"] for row in rows if "heldOut" in row]
    steps = [row for row in rows if "loss" in row]
    if not state.get("finished") or not held_out or not steps:
        return None
    counts = re.findall(r"([\d,]+) parameters", (folder / "log.txt").read_text())
    config = {key: value for key, value in run.items() if key not in ("name", "data")}
    config["model"] = {**config.get("model", {}), "vocab": plan.vocabularies[run["vocabulary"]]["pieces"]}
    return {
        "name": run["name"],
        "parameters": int(counts[-1].replace(",", "")),
        "steps": state["steps"],
        "tokens": steps[-1]["tokens"],
        "tokensPerSecond": round(state.get("timed", 0) / state["seconds"]) if state["seconds"] else 0,
        "seconds": round(state["seconds"], 1),
        "trainedBytes": round(steps[-1]["tokens"] * bytes_per_token(plan, run)),
        "bitsPerByte": {name: round(r["bitsPerByte"], 4) for name, r in held_out[-1].items()},
        "settings": config,
    }


def bytes_per_token(plan, run):
    """Of the mixture: text bytes that one drawn token stands for."""
    return sum(share / 100 * shard.bytes / shard.tokens for shard, share, _ in plan.train(run))


def curve(plan, run):
    """(seconds, bits per byte of what is being learned), smoothed."""
    folder = plan.output / run["name"]
    state = json.loads((folder / "state.json").read_text())
    nats_to_bits = 1 / math.log(2) / bytes_per_token(plan, run)
    points, mean, weight = [], 0.0, 0.0
    steps = [row for row in json_lines(folder / "run" / "metrics.jsonl") if "loss" in row]
    keep = 1 - 1 / max(10, len(steps) / 40)
    for row in steps:
        mean = keep * mean + (1 - keep) * row["loss"]
        weight = keep * weight + (1 - keep)
        points.append((row["step"] / len(steps) * state["seconds"], mean / weight * nats_to_bits))
    return points[len(points) // 50 :: max(1, len(points) // 200)]


def svg(curves, width=900, height=520):
    """Bits per byte over seconds, both axes logarithmic; the last point of each line is labelled."""
    points = [p for _, line in curves for p in line if p[0] > 0]
    left, right, top, bottom = 60, 190, 20, 45
    x0, x1 = math.log(min(p[0] for p in points)), math.log(max(p[0] for p in points))
    y0 = math.log(min(p[1] for p in points) * 0.98)
    y1 = math.log(sorted(p[1] for p in points)[int(len(points) * 0.97)])
    x = lambda v: left + (math.log(v) - x0) / max(1e-9, x1 - x0) * (width - left - right)
    y = lambda v: top + (y1 - math.log(v)) / max(1e-9, y1 - y0) * (height - top - bottom)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<clipPath id="plot"><rect x="{left}" y="{top}" width="{width - left - right}" height="{height - top - bottom}"/></clipPath>',
    ]
    for value in (2**i for i in range(0, 16)):
        if x0 <= math.log(value) <= x1:
            out.append(f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{top}" y2="{height - bottom}" stroke="#ddd"/>')
            out.append(f'<text x="{x(value):.1f}" y="{height - bottom + 16}" text-anchor="middle">{value} s</text>')
    value = math.ceil(math.exp(y0) * 5) / 5
    while math.log(value) <= y1:
        out.append(f'<line x1="{left}" x2="{width - right}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.1f}</text>')
        value += 0.2
    out.append(f'<text x="{left}" y="{height - 8}">training time; bits per byte of the text that is being learned, smoothed</text>')
    ends = sorted((line[-1][1], name, index) for index, (name, line) in enumerate(curves))
    place = {}
    at = float("inf")
    for value, name, index in ends:
        at = min(at - 13, y(value)) if at != float("inf") else min(height - bottom, y(value))
        place[index] = at
    for index, (name, line) in enumerate(curves):
        colour = COLOURS[index % len(COLOURS)]
        dash = ' stroke-dasharray="6 3"' if index // len(COLOURS) % 2 else ""
        path = " ".join(f"{x(px):.1f},{y(py):.1f}" for px, py in line if px > 0)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"{dash} clip-path="url(#plot)"/>')
        out.append(f'<text x="{width - right + 8}" y="{place[index] + 4:.1f}" fill="{colour}">{line[-1][1]:.3f} {name}</text>')
    return "\n".join(out + ["</svg>\n"])


def report(plan, runs):
    done = [(run, row) for run in runs if (row := result(plan, run))]
    if not done:
        print("experiments: no run is finished")
        return
    plan.output.mkdir(parents=True, exist_ok=True)
    (plan.output / "results.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for _, row in done))
    names = list(done[0][1]["bitsPerByte"])
    lines = [
        "| run | parameters | tokens/s | tokens | text | " + " | ".join(names) + " | mean |",
        "| --- | " + "---: | " * (len(names) + 5),
    ]
    for _, row in done:
        bits = [row["bitsPerByte"][name] for name in names]
        lines.append(
            f"| {row['name']} | {row['parameters'] / 1e6:.2f} M | {row['tokensPerSecond']:,} "
            f"| {row['tokens'] / 1e6:.2f} M | {row['trainedBytes'] / 1e6:.1f} MB | "
            + " | ".join(f"{b:.3f}" for b in bits)
            + f" | {sum(bits) / len(bits):.3f} |"
        )
    table = "\n".join(line.rstrip() for line in lines) + "\n"
    (plan.output / "results.md").write_text(table)
    (plan.output / "curves.svg").write_text(svg([(run["name"], curve(plan, run)) for run, _ in done]))
    print(table, end="")


def show_mix(plan, name, folder):
    run = next((r for r in plan.runs if r["name"] == name), None) or fail(f"no run {name}")

    def shown(path):
        return folder / path.relative_to(plan.data) if folder else path

    print("data:\n  train:")
    for shard, share, weight in plan.train(run):
        print(f"    - {{file: {shown(shard.path)}, weight: {share:.4f}}}")
    print("  heldOut:")
    for kind in KINDS:
        for lang in LANGUAGES:
            file = plan.shards(run["vocabulary"], kind) / f"heldout-{lang}.tokens"
            print(f"    - {{name: {lang} {kind}, file: {shown(file)}}}")


def show_list(plan, tokens):
    for run in plan.runs:
        changes = {k: v for k, v in run.items() if k not in ("name", "data")}
        print(f"{run['name']}: {json.dumps(changes)}")
    print()
    for name in plan.mixtures:
        run = next((r for r in plan.runs if r["mixture"] == name), None)
        if run is None:
            continue
        rows = plan.train(run)
        print(f"mixture {name}, vocabulary {run['vocabulary']}: passes over a source in {tokens:,.0f} tokens")
        for shard, share, weight in sorted(rows, key=lambda r: -r[1]):
            passes = share / 100 * tokens / shard.tokens
            print(
                f"  {shard.path.parent.parent.name + '/' + shard.path.stem:40} weight {weight:5.2f} "
                f"{share:6.2f} %  {shard.tokens:10,} tokens  {passes:6.2f} passes"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("prepare", "run", "table", "mix", "list"))
    parser.add_argument("experiments")
    parser.add_argument("name", nargs="?")
    parser.add_argument("--only", default="")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--raw", type=pathlib.Path)
    parser.add_argument("--shown", type=pathlib.Path)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--tokens", type=float, default=80e6)
    parser.add_argument("--chuan", type=pathlib.Path, default=ROOT / "chuan")
    options = parser.parse_args()
    plan = Plan(options.experiments, options.data, options.output, options.seconds)
    only = set(filter(None, options.only.split(",")))
    if only - {run["name"] for run in plan.runs}:
        fail(f"no such run: {', '.join(sorted(only - {run['name'] for run in plan.runs}))}")
    runs = [run for run in plan.runs if not only or run["name"] in only]
    if options.what == "prepare":
        prepare(plan, options)
    elif options.what == "mix":
        show_mix(plan, options.name, options.shown)
    elif options.what == "list":
        show_list(plan, options.tokens)
    else:
        if options.what == "run":
            for run in runs:
                execute(plan, options, run)
        report(plan, runs if options.what == "table" else plan.runs)


if __name__ == "__main__":
    main()

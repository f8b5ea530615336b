#!/usr/bin/env python3
"""The same questions to lm-evaluation-harness and to chuan eval: the same log-likelihoods?

    bench/eval_vs_lm_eval.py --model FOLDER --data SETS [--subjects cmmlu:anatomy+logical,mmlu:anatomy]
                             [--shots 5] [--limit 10] [--chuan ./chuan]

lm-evaluation-harness runs the model with PyTorch in fp32, its own task files (only the source of the
data is replaced by local files) and its own scoring; chuan eval runs the same folder with --protocol
lm-eval. Question by question the log-likelihoods of all continuations are compared, and the accuracies.
FOLDER holds a LLaMA in Hugging Face's layout (config.json, model.safetensors, tokenizer.model); SETS is
what --data of chuan eval names, with the folders cmmlu and mmlu.

Needs pip's lm-eval 0.4.13 with torch, transformers 4 and sentencepiece. Exit code 1 if a
log-likelihood differs by more than --limit-difference or an accuracy at all.
"""
import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUBJECTS = (
    "cmmlu:ancient_chinese+college_mathematics+high_school_physics+chinese_food_culture,"
    "mmlu:abstract_algebra+anatomy+high_school_european_history+professional_law"
)
LETTERS = "ABCD"


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def cmmlu_row(row):
    return {key: row[key] for key in ("Question", "A", "B", "C", "D", "Answer")}


def mmlu_row(row):
    return {
        "question": row["question"],
        "choices": [row[f"choice{i}"] for i in range(4)],
        "answer": int(row["answer"]),
    }


def find(folder, split, subject):
    for name in (f"{split}/{subject}.csv", f"{split}/{subject}_{split}.csv"):
        if (folder / name).exists():
            return folder / name
    sys.exit(f"{folder}: no {split}/{subject}.csv")


def write_task(benchmark, subject, data, folder):
    """The harness's own task file, reading local JSON; returns the task's name."""
    import lm_eval.tasks

    home = pathlib.Path(lm_eval.tasks.__file__).parent
    own = {
        "cmmlu": home / "cmmlu" / f"cmmlu_{subject}.yaml",
        "mmlu": home / "mmlu" / "default" / f"mmlu_{subject}.yaml",
    }[benchmark]
    if not own.exists():  # some subjects have names of their own there
        own = next(p for p in own.parent.glob("*.yaml") if f"dataset_name: {subject}\n" in
                   p.read_text(encoding="utf-8").replace('"', "").replace("'", ""))
    files = {}
    for split in ("dev", "test"):
        convert = {"cmmlu": cmmlu_row, "mmlu": mmlu_row}[benchmark]
        files[split] = str(folder / f"{benchmark}-{subject}-{split}.jsonl")
        with open(files[split], "w", encoding="utf-8") as out:
            for row in rows(find(data / benchmark, split, subject)):
                out.write(json.dumps(convert(row), ensure_ascii=False) + "\n")
    name = f"local_{benchmark}_{subject}"
    # A file that includes the harness's own and says where the data are.
    (folder / f"{name}.yaml").write_text(
        f"include: {own}\ntask: {name}\ntag: null\n"
        "dataset_path: json\ndataset_name: null\n"
        f"dataset_kwargs:\n  data_files:\n    dev: {files['dev']}\n    test: {files['test']}\n",
        encoding="utf-8")
    return name


def harness(args, subjects, folder):
    """{(benchmark, subject, index): [log-likelihoods]}, {(benchmark, subject): accuracy}"""
    import lm_eval
    import torch
    import transformers
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    names = {write_task(b, s, args.data, folder): (b, s) for b, s in subjects}
    torch.set_num_threads(args.threads)
    tokenizer = transformers.LlamaTokenizer(
        str(args.model / "tokenizer.model"), legacy=True, add_bos_token=False, add_eos_token=False)
    model = transformers.AutoModelForCausalLM.from_pretrained(args.model, torch_dtype=torch.float32)
    result = lm_eval.simple_evaluate(
        model=HFLM(pretrained=model, tokenizer=tokenizer, batch_size=1, device="cpu"),
        tasks=list(names),
        num_fewshot=args.shots,
        limit=args.limit,
        log_samples=True,
        bootstrap_iters=0,
        task_manager=TaskManager(include_path=str(folder)),
    )
    scores = {}
    for name, samples in result["samples"].items():
        for sample in samples:
            scores[names[name] + (sample["doc_id"],)] = [
                float(response[0][0]) for response in sample["resps"]]
    accuracies = {names[name]: result["results"][name]["acc,none"] for name in names}
    print(f"lm-eval {lm_eval.__version__}, torch {torch.__version__}, "
          f"transformers {transformers.__version__}")
    return scores, accuracies


def chuan(args, subjects, folder):
    tasks = {}
    for benchmark, subject in subjects:
        tasks.setdefault(benchmark, []).append(subject)
    out = folder / "run.json"
    command = [
        args.chuan, "eval", "--model", args.model,
        "--tasks", ",".join(f"{b}:{'+'.join(s)}" for b, s in tasks.items()),
        "--protocol", "lm-eval", "--shots", args.shots, "--limit", args.limit,
        "--data", args.data, "--threads", args.threads, "--out", out]
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
    scores, credits = {}, {}
    for paper in json.loads(out.read_text(encoding="utf-8"))["papers"]:
        for result in paper["results"]:
            key = (paper["task"], result["subject"])
            scores[key + (result["index"],)] = result["scores"]
            credits.setdefault(key, []).append(result["credit"])
    return scores, {key: sum(list_) / len(list_) for key, list_ in credits.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--subjects", default=SUBJECTS)
    parser.add_argument("--shots", type=int, default=5)
    parser.add_argument("--limit", type=int, default=10, help="questions of each subject")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit-difference", type=float, default=1e-3)
    parser.add_argument("--chuan", default=ROOT / "chuan")
    args = parser.parse_args()
    args.model, args.data = args.model.resolve(), args.data.resolve()
    subjects = []
    for part in args.subjects.split(","):
        benchmark, names = part.split(":")
        subjects += [(benchmark, name) for name in names.split("+")]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        theirs, their_accuracy = harness(args, subjects, folder)
        ours, our_accuracy = chuan(args, subjects, folder)
    if theirs.keys() != ours.keys():
        sys.exit(f"different questions: {sorted(theirs.keys() ^ ours.keys())[:5]} …")
    worst, failed = 0, False
    print(f"{'subject':46} {'questions':>9} {'lm-eval':>8} {'chuan':>8}  largest difference")
    for subject in subjects:
        keys = [key for key in theirs if key[:2] == subject]
        difference = max(abs(a - b) for key in keys for a, b in zip(theirs[key], ours[key]))
        worst = max(worst, difference)
        same = abs(their_accuracy[subject] - our_accuracy[subject]) < 1e-12
        failed |= not same
        print(f"{': '.join(subject):46} {len(keys):9} {their_accuracy[subject]:8.4f} "
              f"{our_accuracy[subject]:8.4f}  {difference:.2e}{'' if same else '  ACCURACIES DIFFER'}")
    choices = sum(theirs[k].index(max(theirs[k])) == ours[k].index(max(ours[k])) for k in theirs)
    print(f"{len(theirs)} questions, {sum(map(len, theirs.values()))} log-likelihoods: largest difference "
          f"{worst:.2e} (allowed {args.limit_difference:g}); same choice in {choices}")
    sys.exit(1 if failed or worst > args.limit_difference else 0)


if __name__ == "__main__":
    main()

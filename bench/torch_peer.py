#!/usr/bin/env python3
"""Training speed: Chuan against the same model in Python PyTorch, side by side in one run.

    bench/torch_peer.py --java "java -cp … chuan.train.TrainSpeed" [--steps 8] [--rounds 3]

Both start from the same weights and read the same tokens; the losses are compared, so the work is
known to be the same. Processes take turns (Java, Python, Java, …); the median of each side counts.
Appends a row to bench/ledger.jsonl. Needs pip's torch of the version that Chuan uses (2.10) and numpy.

The model is written as one would write it in Python for speed: fused AdamW, autocast, the attention
that is fastest on this CPU (--attention sdpa or manual; the faster of both is taken as the peer).
"""
import argparse
import datetime
import json
import os
import platform
import shlex
import statistics
import struct
import subprocess
import sys
import tempfile
import time

SEQUENCES, TOKENS = 8, 256
VOCAB, HIDDEN, LAYERS, HEADS = 12_000, 320, 5, 5
WIDTH = HIDDEN // HEADS

ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
    "OMP_WAIT_POLICY": "passive",
    "MKL_THREADING_LAYER": "GNU",
}


def token(i):
    return 3 + (i * i * 7919 + i * 104_729) % 9973


def read_safetensors(path):
    import numpy as np
    import torch

    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = np.frombuffer(data, dtype="<f4", count=(end - begin) // 4, offset=8 + length + begin)
        tensors[name] = torch.tensor(array.reshape(entry["shape"]), requires_grad=True)
    return tensors


def peer(folder, steps, bf16, attention):
    import torch
    import torch.nn.functional as F

    p = read_safetensors(os.path.join(folder, "model.safetensors"))
    blocks = [
        {k: p[f"model.layers.{i}.{n}.weight"] for k, n in (
            ("norm1", "input_layernorm"), ("qkv", "self_attn.W_pack"), ("out", "self_attn.o_proj"),
            ("norm2", "post_attention_layernorm"), ("gate", "mlp.gate_proj"), ("up", "mlp.up_proj"),
            ("down", "mlp.down_proj"))}
        for i in range(LAYERS)
    ]
    table = p["model.embed_tokens.weight"]

    def slope(head):
        n = 1 << (HEADS.bit_length() - 1)
        return 2 ** (-8 * (head + 1) / n) if head < n else 2 ** (-4 * (2 * (head - n) + 1) / n)

    at = torch.arange(TOKENS)
    distance = (at[None, :] - at[:, None]).float()
    bias = torch.stack([slope(h) * distance for h in range(HEADS)])
    bias = bias.masked_fill(distance > 0, float("-inf"))[None]
    mask = bias.bfloat16() if bf16 else bias

    def attend(q, k, v):
        if attention == "sdpa":
            return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        scores = (q * WIDTH**-0.5) @ k.transpose(-1, -2)
        return torch.softmax(scores.float() + bias, -1).to(v.dtype) @ v

    def loss_of(ids, labels):
        x = F.embedding(ids, table, padding_idx=0)
        for b in blocks:
            h = F.rms_norm(x, (HIDDEN,), b["norm1"], 1e-6)
            q, k, v = (
                F.linear(h, b["qkv"]).view(SEQUENCES, TOKENS, 3, HEADS, WIDTH)
                .permute(2, 0, 3, 1, 4).unbind(0)
            )
            y = attend(q, k, v).transpose(1, 2).reshape(SEQUENCES, TOKENS, HIDDEN)
            x = x + F.linear(y, b["out"])
            h = F.rms_norm(x, (HIDDEN,), b["norm2"], 1e-6)
            x = x + F.linear(F.silu(F.linear(h, b["gate"])) * F.linear(h, b["up"]), b["down"])
        h = F.rms_norm(x, (HIDDEN,), p["model.norm.weight"], 1e-6)
        return F.cross_entropy(F.linear(h, table).float().view(-1, VOCAB), labels.view(-1))

    parameters = list(p.values())
    optimizer = torch.optim.AdamW(
        [
            {"params": [t for t in parameters if t.dim() == 2], "weight_decay": 0.1},
            {"params": [t for t in parameters if t.dim() == 1], "weight_decay": 0.0},
        ],
        lr=1e-3, betas=(0.9, 0.95), eps=1e-8, fused=True,
    )

    def step(number):
        first = number * SEQUENCES * TOKENS
        line = torch.tensor([token(first + i) for i in range(SEQUENCES * TOKENS + 1)])
        ids = line[:-1].view(SEQUENCES, TOKENS)
        labels = line[1:].view(SEQUENCES, TOKENS)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = loss_of(ids, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    step(0)
    start, cpu = time.perf_counter(), time.process_time()
    losses = [step(i) for i in range(1, steps + 1)]
    tokens = steps * SEQUENCES * TOKENS
    print(json.dumps({
        "tokensPerSecond": tokens / (time.perf_counter() - start),
        "tokensPerCpuSecond": tokens / (time.process_time() - cpu),
        "losses": losses,
        "version": torch.__version__,
    }))


def processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(l.split(":", 1)[1].strip() for l in lines if l.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def run(command):
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT})
    if result.returncode != 0:
        sys.exit(result.stderr[-2000:])
    return json.loads(result.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--java", help="the command that runs chuan.train.TrainSpeed")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="bf16")
    parser.add_argument("--attention", choices=["sdpa", "manual"])
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "chuan-train-speed"))
    parser.add_argument("--peer", action="store_true", help="measure the Python side alone")
    options = parser.parse_args()
    steps, precision = str(options.steps), options.precision
    if options.peer:
        peer(options.folder, options.steps, precision == "bf16", options.attention or "sdpa")
        return
    ours, theirs = [], {"sdpa": [], "manual": []}
    kinds = [options.attention] if options.attention else ["sdpa", "manual"]
    for _ in range(options.rounds):
        ours.append(run(shlex.split(options.java) + [options.folder, steps, precision]))
        for kind in kinds:
            theirs[kind].append(run([
                sys.executable, __file__, "--peer", "--folder", options.folder, "--steps", steps,
                "--precision", precision, "--attention", kind,
            ]))
    best = max(kinds, key=lambda k: statistics.median(r["tokensPerSecond"] for r in theirs[k]))

    def median(rows, key):
        return statistics.median(r[key] for r in rows)

    gap = max(abs(a - b) for a, b in zip(ours[0]["losses"], theirs[best][0]["losses"]))
    speeds = [round(r["tokensPerSecond"]) for r in ours]
    peers = [round(r["tokensPerSecond"]) for r in theirs[best]]
    row = {
        "date": datetime.date.today().isoformat(),
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True,
            cwd=os.path.dirname(os.path.abspath(__file__))).stdout.strip(),
        "machine": f"{processor()}, {os.cpu_count()} cores",
        "command": f"bench/torch_peer.py --precision {precision} --steps {steps}",
        "what": f"training step, 9.9 M parameters, {SEQUENCES} x {TOKENS} tokens, {precision}",
        "unit": "tokens/s",
        "load": round(os.getloadavg()[0], 1),
        "rounds": options.rounds,
        "median": round(statistics.median(speeds)),
        "spread": [min(speeds), max(speeds)],
        "peer": f"Python torch {theirs[best][0]['version']}, attention: {best}",
        "peer_median": round(statistics.median(peers)),
        "peer_spread": [min(peers), max(peers)],
        "ratio": round(statistics.median(speeds) / statistics.median(peers), 3),
        "ratio_per_cpu_second": round(
            median(ours, "tokensPerCpuSecond") / median(theirs[best], "tokensPerCpuSecond"), 3),
        "largest_loss_gap": round(gap, 5),
    }
    ledger = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ledger.jsonl")
    with open(ledger, "a") as out:
        out.write(json.dumps(row) + "\n")
    print(json.dumps(row, indent=1))


if __name__ == "__main__":
    main()

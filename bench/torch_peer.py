#!/usr/bin/env python3
"""Training speed: Chuan against the same model in eager Python PyTorch, side by side in one run.

    bench/torch_peer.py --shape pilot --precision fp32 [--device cpu] [--steps 20] [--rounds 5] [--avx2]

Both start from the same weights and read the same tokens; the losses of all steps are compared, so
the work is known to be the same. Processes take turns (Java, Python, Java, ...); the median of each side
counts. What the machine can do at most (fp32 multiply-adds from registers alone, all threads) is measured
before and after, and the row says which share of it the model's own multiply-adds are. Appends a row to
bench/ledger.jsonl. Needs pip's torch of the version that Chuan uses (2.10) and numpy, and ./chuan built once
(any command does it; for --device libtorch a training on it).

The model is written as one would write it in Python for speed: fused AdamW, autocast, the attention
that is fastest on this CPU (--attention sdpa or manual; the faster of both is taken as the peer).
"""
import argparse
import datetime
import glob
import json
import os
import platform
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# vocabulary, hidden, MLP, layers, heads; sequences, tokens of each
SHAPES = {
    "pilot": (8_192, 256, 688, 6, 4, 8, 256),
    "10m": (12_000, 320, 832, 5, 5, 8, 256),
    "12m": (12_000, 320, 832, 7, 5, 8, 256),
}

# Steps before those that are timed, on both sides: compilers and allocators settle.
WARM_UP = 10

# What Intel's libraries and PyTorch's own code use at most.
AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2"}

# Of libtorch's process; own kernels need none.
ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
    "OMP_WAIT_POLICY": "passive",
    "MKL_THREADING_LAYER": "GNU",
}


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


def peer(folder, shape, steps, bf16, attention):
    import torch
    import torch.nn.functional as F

    vocab, hidden, _, layers, heads, sequences, length = shape
    width = hidden // heads
    p = read_safetensors(os.path.join(folder, "model.safetensors"))
    blocks = [
        {k: p[f"model.layers.{i}.{n}.weight"] for k, n in (
            ("norm1", "input_layernorm"), ("qkv", "self_attn.W_pack"), ("out", "self_attn.o_proj"),
            ("norm2", "post_attention_layernorm"), ("gate", "mlp.gate_proj"), ("up", "mlp.up_proj"),
            ("down", "mlp.down_proj"))}
        for i in range(layers)
    ]
    table = p["model.embed_tokens.weight"]

    def slope(head):
        n = 1 << (heads.bit_length() - 1)
        return 2 ** (-8 * (head + 1) / n) if head < n else 2 ** (-4 * (2 * (head - n) + 1) / n)

    at = torch.arange(length)
    distance = (at[None, :] - at[:, None]).float()
    bias = torch.stack([slope(h) * distance for h in range(heads)])
    bias = bias.masked_fill(distance > 0, float("-inf"))[None]
    mask = bias.bfloat16() if bf16 else bias

    def attend(q, k, v):
        if attention == "sdpa":
            return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        scores = (q * width**-0.5) @ k.transpose(-1, -2)
        return torch.softmax(scores.float() + bias, -1).to(v.dtype) @ v

    def loss_of(ids, labels):
        x = F.embedding(ids, table, padding_idx=0)
        for b in blocks:
            h = F.rms_norm(x, (hidden,), b["norm1"], 1e-6)
            q, k, v = (
                F.linear(h, b["qkv"]).view(sequences, length, 3, heads, width)
                .permute(2, 0, 3, 1, 4).unbind(0)
            )
            y = attend(q, k, v).transpose(1, 2).reshape(sequences, length, hidden)
            x = x + F.linear(y, b["out"])
            h = F.rms_norm(x, (hidden,), b["norm2"], 1e-6)
            x = x + F.linear(F.silu(F.linear(h, b["gate"])) * F.linear(h, b["up"]), b["down"])
        h = F.rms_norm(x, (hidden,), p["model.norm.weight"], 1e-6)
        return F.cross_entropy(F.linear(h, table).float().view(-1, vocab), labels.view(-1))

    parameters = list(p.values())
    optimizer = torch.optim.AdamW(
        [
            {"params": [t for t in parameters if t.dim() == 2], "weight_decay": 0.1},
            {"params": [t for t in parameters if t.dim() == 1], "weight_decay": 0.0},
        ],
        lr=1e-3, betas=(0.9, 0.95), eps=1e-8, fused=True,
    )

    def token(i):
        return 3 + (i * i * 7919 + i * 104_729) % (vocab - 3)

    def step(number):
        first = number * sequences * length
        line = torch.tensor([token(first + i) for i in range(sequences * length + 1)])
        ids = line[:-1].view(sequences, length)
        labels = line[1:].view(sequences, length)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = loss_of(ids, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    losses = [step(i) for i in range(WARM_UP)]
    start, cpu = time.perf_counter(), time.process_time()
    losses += [step(i) for i in range(WARM_UP, WARM_UP + steps)]
    tokens = steps * sequences * length
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


def java(main, *arguments, avx2=False):
    """A command on the class path of ./chuan."""
    home = subprocess.run(
        ["sh", "-c", '. "$0/.mvn/find-jdk.sh"; chuan_find_jdk && echo "$JAVA_HOME"', ROOT],
        capture_output=True, text=True, check=True).stdout.strip()
    jars = glob.glob(f"{ROOT}/chuan-cli/target/chuan-cli-*.jar")
    jars += glob.glob(f"{ROOT}/chuan-cli/target/lib/*.jar")
    jars += glob.glob(f"{ROOT}/chuan-torch-natives/target/lib/*.jar")
    return [
        os.path.join(home, "bin", "java"),
        "-XX:+UseSerialGC", "--add-modules", "jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
        *(["-Dchuan.kernels=avx2", "-XX:UseAVX=2"] if avx2 else []),
        "-cp", ":".join(jars), main, *arguments,
    ]


def run(command):
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT})
    if result.returncode != 0:
        sys.exit(result.stderr[-2000:])
    return json.loads(result.stdout.strip().splitlines()[-1])


def limit(avx2):
    """fp32 multiply-adds a second that all threads together can do, from registers alone."""
    model = os.path.join(ROOT, "models", "chuan-10m-base")
    command = ["bench", "--model", model, "-p", "8", "-n", "0", "-r", "1", "--json"]
    command += ["--kernels", "avx2"] if avx2 else []
    output = subprocess.run([os.path.join(ROOT, "chuan"), *command], capture_output=True, text=True, check=True)
    report = json.loads(output.stdout.strip().splitlines()[-1])
    return report["multiply_adds_per_second"], report["multiply_add_loop"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shape", choices=SHAPES, default="pilot")
    parser.add_argument("--device", choices=["cpu", "libtorch"], default="cpu", help="what Chuan computes with")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--attention", choices=["sdpa", "manual"])
    parser.add_argument("--avx2", action="store_true", help="both sides as on a processor without AVX-512")
    parser.add_argument("--folder", help="of the initial model, written if absent")
    parser.add_argument("--no-ledger", action="store_true", help="prints the row only")
    parser.add_argument("--peer", action="store_true", help="measure the Python side alone")
    options = parser.parse_args()
    shape, steps, precision = SHAPES[options.shape], str(options.steps), options.precision
    folder = options.folder or os.path.join(tempfile.gettempdir(), f"chuan-train-speed-{options.shape}")
    if options.peer:
        peer(folder, shape, options.steps, precision == "bf16", options.attention or "sdpa")
        return
    sizes = ",".join(map(str, shape))
    ours, theirs = [], {"sdpa": [], "manual": []}
    kinds = [options.attention] if options.attention else ["sdpa", "manual"]
    if options.avx2:
        ENVIRONMENT.update(AVX2)
    limits = [limit(options.avx2)]
    for _ in range(options.rounds):
        ours.append(run(java(
            "chuan.train.TrainSpeed", folder, steps, options.device, precision, "adamw", sizes,
            avx2=options.avx2)))
        for kind in kinds:
            theirs[kind].append(run([
                sys.executable, __file__, "--peer", "--shape", options.shape, "--folder", folder,
                "--steps", steps, "--precision", precision, "--attention", kind,
            ]))
    limits.append(limit(options.avx2))
    best = max(kinds, key=lambda k: statistics.median(r["tokensPerSecond"] for r in theirs[k]))

    def median(rows, key):
        return statistics.median(r[key] for r in rows)

    gaps = [abs(a - b) for x, y in zip(ours, theirs[best]) for a, b in zip(x["losses"], y["losses"])]
    speeds = [round(r["tokensPerSecond"]) for r in ours]
    peers = [round(r["tokensPerSecond"]) for r in theirs[best]]
    work = ours[0]["multiplyAddsPerToken"]
    most, loop = max(limits)
    row = {
        "date": datetime.date.today().isoformat(),
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT).stdout.strip(),
        "machine": f"{processor()}, {os.cpu_count()} cores",
        "command": f"bench/torch_peer.py --shape {options.shape} --device {options.device}"
                   f" --precision {precision} --steps {steps}{' --avx2' if options.avx2 else ''}",
        "what": f"training step, {ours[0]['parameters'] / 1e6:.1f} M parameters,"
                f" {shape[5]} x {shape[6]} tokens, {precision}, {options.device}",
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
        "multiply_adds_per_token": round(work),
        "limit": f"{most:.4g} multiply-adds/s, {loop}",
        "share_of_limit": round(statistics.median(speeds) * work / most, 3),
        "peer_share_of_limit": round(statistics.median(peers) * work / most, 3),
        "largest_loss_gap": round(max(gaps), 6),
        "engine": ours[0]["description"],
    }
    if not options.no_ledger:
        with open(os.path.join(ROOT, "bench", "ledger.jsonl"), "a") as out:
            out.write(json.dumps(row) + "\n")
    print(json.dumps(row, indent=1))


if __name__ == "__main__":
    main()

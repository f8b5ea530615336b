"""ik_llama.cpp as the peer of `chuan bench --vs ik_llama.cpp`.

    python3 -m venv DIR && DIR/bin/pip install ik-llama-cpp-python
    CHUAN_IK_LLAMA_PYTHON=DIR/bin/python3 ./chuan bench --model M.gguf --vs ik_llama.cpp

Usage: ik_llama_peer.py MODEL THREADS CONTEXT, with cases on stdin: see chuan.measure.PeerProcess.
Weights are repacked at load (-rtr); REPACK=0 maps the file instead, THP=1 asks for huge pages;
FLASH=0 turns flash attention off.
"""
import ctypes
import importlib.metadata
import json
import os
import sys
import time

import ik_llama_cpp._ctypes_api as api

F16 = 1


def load(path, threads, context):
    api.llama_backend_init()
    options = api.llama_model_default_params()
    options.n_gpu_layers = 0
    options.repack_tensors = os.environ.get("REPACK", "1") == "1"
    options.use_mmap = not options.repack_tensors
    options.use_thp = os.environ.get("THP", "0") == "1"
    model = api.llama_model_load_from_file(path.encode(), options)
    if not model:
        sys.exit(f"cannot load {path}")
    options = api.llama_context_default_params()
    options.n_ctx = context + 8
    options.n_batch = min(options.n_ctx, 512)
    options.n_ubatch = options.n_batch
    options.n_threads = threads
    options.n_threads_batch = threads
    options.flash_attn = os.environ.get("FLASH", "1") == "1"
    options.type_k = F16
    options.type_v = F16
    return model, api.llama_init_from_model(model, options)


class Sequence:
    """One sequence; what it holds can be cut."""

    def __init__(self, context, size):
        self.context = context
        self.batch = api.llama_batch_init(size, 0, 1)
        self.size = size
        self.held = 0
        remove = library().llama_kv_cache_seq_rm
        remove.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_int32]
        remove.restype = ctypes.c_bool
        self.remove = remove

    def cut(self, length):
        if self.held > length and self.remove(self.context, 0, length, -1):
            self.held = length

    def feed(self, count):
        """Appends tokens; logits of the last one are computed."""
        while count > 0:
            n = min(count, self.size)
            for i in range(n):
                self.batch.token[i] = ((self.held + i) * 7919 + 13) % 30000 + 3
                self.batch.pos[i] = self.held + i
                self.batch.n_seq_id[i] = 1
                self.batch.seq_id[i][0] = 0
                self.batch.logits[i] = i == n - 1
            self.batch.n_tokens = n
            if api.llama_decode(self.context, self.batch) != 0:
                sys.exit("llama_decode failed")
            self.held += n
            count -= n


def library():
    for name in dir(api):
        value = getattr(api, name)
        if isinstance(value, ctypes.CDLL):
            return value
    raise RuntimeError("ik_llama_cpp has no library")


def instructions():
    info = library().llama_print_system_info
    info.restype = ctypes.c_char_p
    parts = [part.strip() for part in info().decode().split("|")]
    return " ".join(part.split(" ")[0] for part in parts if part.endswith("= 1"))


def main():
    path, threads, context = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the library prints is no answer
    model, handle = load(path, threads, context)
    if not handle:
        sys.exit("no context")
    sequence = Sequence(handle, 512)

    def say(**what):
        print(json.dumps(what), file=answers, flush=True)

    version = importlib.metadata.version("ik-llama-cpp-python")
    say(name="ik_llama.cpp", version=f"(ik-llama-cpp-python {version})", instructions=instructions(),
        threads=threads)
    for line in sys.stdin:
        case = json.loads(line)
        sequence.cut(case["depth"])
        sequence.feed(case["depth"] - sequence.held)
        cpu, start = time.process_time(), time.perf_counter()
        if case["prompt"]:
            sequence.feed(case["prompt"])
        for _ in range(case["generate"]):
            sequence.feed(1)
        say(seconds=time.perf_counter() - start, cpu_seconds=time.process_time() - cpu)


main()

#!/usr/bin/env python3
"""Many answers at once by `./chuan serve`, over HTTP: STREAMS streamed completions of TOKENS tokens, started
together. Prompts are the same ids as in llama_cpp_streams.mjs. One JSON object on stdout: tokens/s of all
streams together, prompts included in the time.

    python3 bench/serve_streams.py MODEL.gguf STREAMS PROMPT_TOKENS TOKENS
"""
import http.client
import json
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from serve_load import serve  # noqa: E402


def prompt(stream, length):
    return [((stream * 131 + i) * 7919 + 13) % 7000 + 300 for i in range(length)]


def answer(port, stream, length, tokens, results):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    body = {
        "prompt": prompt(stream, length),
        "max_tokens": tokens,
        "temperature": 0,
        "repetition_penalty": 1,
        "stream": True,
        "stream_options": {"include_usage": True},
        # no stop: each stream makes all of its tokens
        "logit_bias": {"2": -100},
    }
    connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
    usage = None
    for line in connection.getresponse():
        if line.startswith(b"data: {"):
            usage = json.loads(line[6:]).get("usage") or usage
    results[stream] = usage["completion_tokens"]


def main():
    model, streams, length, tokens = sys.argv[1], *map(int, sys.argv[2:5])
    process, port = serve(["--model", model, "--parallel", str(streams), *sys.argv[5:]])
    try:
        answer(port, 0, length, 4, {})
        results = {}
        threads = [
            threading.Thread(target=answer, args=(port, i + 1, length, tokens, results)) for i in range(streams)
        ]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - start
    finally:
        process.terminate()
        process.wait(60)
    total = sum(results.values())
    print(
        json.dumps(
            {
                "program": "chuan serve",
                "streams": streams,
                "promptTokens": length,
                "tokens": tokens,
                "total": total,
                "seconds": round(seconds, 2),
                "tokensPerSecond": round(total / seconds, 2),
            }
        )
    )


if __name__ == "__main__":
    main()

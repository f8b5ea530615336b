#!/usr/bin/env python3
"""Mixed load on `./chuan serve`: what it takes to say that a server holds.

Beside IDLE open connections that have streamed an answer and stream another one at the end, CLIENTS clients
do for SECONDS, drawn by a seed: chats, streamed and whole, with few and many tokens, conversations that go
on; streams that are left in the middle, sockets that are reset, requests cut off in the header or the body;
bodies that are too large, malformed, of the wrong type; embeddings, tokens, health, metrics. Each answer is
checked: status, JSON, the end of its stream.

Prints a line of JSON: answers by kind and status, everything that is not as it must be, memory of the
process in the first minute, at the end of the load and after the idle ones, tokens/s of the first and last
minute. Exit code 1 if anything is wrong.
Needs Python 3.9 and nothing else.
"""
import argparse
import asyncio
import collections
import json
import random
import resource
import struct
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOPICS = ["山", "海", "猫", "机器", "a river", "tea", "春天", "图书馆", "a robot", "雪"]


class Wrong(Exception):
    """An answer that no client should get."""


class Load:
    def __init__(self, port, pid, options):
        self.port, self.pid, self.options = port, pid, options
        self.random = random.Random(options.seed)
        self.counts = collections.Counter()
        self.wrong = collections.Counter()
        self.examples = {}
        self.tokens = []  # (time, count) of each answer
        self.memory = []  # (time, bytes)
        self.start = time.monotonic()

    # --- one request -----------------------------------------------------------------------------

    async def open(self):
        return await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)

    @staticmethod
    def head(method, path, body, kind="application/json", length=None):
        return (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
        ).encode() + body

    @staticmethod
    async def status(reader):
        line = await reader.readline()
        if not line:
            raise Wrong("closed without an answer")
        status = int(line.split()[1])
        headers = {}
        while (line := await reader.readline()).strip():
            name, value = line.decode("latin-1").split(":", 1)
            headers[name.strip().lower()] = value.strip()
        return status, headers

    @staticmethod
    async def parts(reader, headers):
        """The pieces of a body as they come."""
        if "chunked" in headers.get("transfer-encoding", ""):
            while size := int((await reader.readline()).split(b";")[0] or b"0", 16):
                yield await reader.readexactly(size)
                await reader.readexactly(2)
            while (await reader.readline()).strip():
                pass
        else:
            yield await reader.readexactly(int(headers.get("content-length", 0)))

    async def ask(self, connection, body, path="/v1/chat/completions", leave_after=None):
        """One request on an open connection; the JSON of the answer, or the events of its stream."""
        reader, writer = connection
        writer.write(self.head("POST", path, json.dumps(body).encode()))
        await writer.drain()
        status, headers = await self.status(reader)
        data, events = b"", 0
        async for part in self.parts(reader, headers):
            data += part
            events += 1
            if leave_after is not None and events >= leave_after:
                return status, None
        if status != 200:
            error = json.loads(data)["error"]
            if status >= 500 and status != 503:
                raise Wrong(f"{status} {error['message'][:80]}")
            if status in (429, 503) and "retry-after" not in headers:
                raise Wrong(f"{status} without Retry-After")
            return status, error
        if "event-stream" not in headers["content-type"]:
            return status, json.loads(data)
        lines = [line[6:] for line in data.decode().split("\n") if line.startswith("data: ")]
        if lines[-1] != "[DONE]":
            raise Wrong("a stream without its end: " + lines[-1][:80])
        return status, [json.loads(line) for line in lines[:-1]]

    def chat(self, stream, messages, tokens):
        body = {
            "messages": messages,
            "max_tokens": tokens,
            "stream": stream,
            "seed": self.random.randrange(1 << 30),
        }
        if stream:
            body["stream_options"] = {"include_usage": True}
        return body

    def count(self, answer):
        usage = (answer[-1] if isinstance(answer, list) else answer)["usage"]
        self.tokens.append((time.monotonic() - self.start, usage["completion_tokens"]))

    def question(self):
        return {"role": "user", "content": f"请讲一个关于{self.random.choice(TOPICS)}的故事。"}

    # --- kinds of clients ------------------------------------------------------------------------

    async def talk(self):
        """A conversation of up to three turns on one connection."""
        connection = await self.open()
        messages = []
        stream = self.random.random() < 0.7
        for _ in range(self.random.randint(1, 3)):
            messages.append(self.question())
            body = self.chat(stream, messages, self.random.choice([4, 16, 64, 64, 128]))
            status, answer = await self.ask(connection, body)
            if status != 200:
                break
            self.count(answer)
            text = (
                "".join(e["choices"][0]["delta"].get("content") or "" for e in answer if e["choices"])
                if stream
                else answer["choices"][0]["message"]["content"]
            )
            messages.append({"role": "assistant", "content": text})
        connection[1].close()
        return f"chat {status}"

    async def leave(self):
        """Reads a part of a stream and goes; half of them with a reset."""
        connection = await self.open()
        body = self.chat(True, [self.question()], 400)
        status, _ = await self.ask(connection, body, leave_after=self.random.randint(1, 12))
        sock = connection[1].get_extra_info("socket")
        if self.random.random() < 0.5:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection[1].close()
        return f"left {status}"

    async def vanish(self):
        """Asks for a whole answer, or is cut off in header or body, and does not wait."""
        _, writer = await self.open()
        request = self.head(
            "POST", "/v1/chat/completions", json.dumps(self.chat(False, [self.question()], 400)).encode()
        )
        writer.write(request[: self.random.choice([len(request), 40, len(request) - 30])])
        await writer.drain()
        await asyncio.sleep(self.random.random() / 5)
        writer.close()
        return "vanished"

    async def oversized(self):
        reader, writer = await self.open()
        writer.write(self.head("POST", "/v1/chat/completions", b"", length=1 << 30))
        writer.write(b" " * 1000)
        await writer.drain()
        status, _ = await self.status(reader)
        writer.close()
        return self.expect("oversized", status, 413)

    async def malformed(self):
        cases = [
            (b"{", "application/json", 400),
            (b'{"messages": 5}', "application/json", 400),
            (b'{"messages": [{"role": "user", "content": "\\ud800"}], "top_p": 7}', "application/json", 400),
            (b"\xff\xfe\x00", "application/json", 400),
            (b"[" * 5000, "application/json", 400),
            (b'{"model": "gpt-5", "messages": [{"role": "user", "content": "?"}]}', "application/json", 404),
            (b"a=b", "application/x-www-form-urlencoded", 415),
            (json.dumps({"messages": [{"role": "user", "content": "长" * 9000}]}).encode(), "application/json", 400),
        ]
        body, kind, expected = self.random.choice(cases)
        reader, writer = await self.open()
        writer.write(self.head("POST", "/v1/chat/completions", body, kind))
        await writer.drain()
        status, headers = await self.status(reader)
        async for part in self.parts(reader, headers):
            json.loads(part)
        writer.close()
        return self.expect("malformed", status, expected)

    async def noise(self):
        """What is no HTTP at all."""
        reader, writer = await self.open()
        writer.write(self.random.choice([b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 64]))
        await writer.drain()
        writer.write_eof()
        line = await reader.read(15)
        writer.close()
        if line[9:12] not in (b"", b"400", b"505"):
            raise Wrong(f"noise answered by {line!r}")
        return "noise"

    async def small(self):
        path, body = self.random.choice(
            [
                ("/v1/embeddings", {"input": ["你好", self.question()["content"]]}),
                ("/tokenize", {"content": self.question()["content"]}),
                ("/apply-template", {"messages": [self.question()]}),
                ("/api/chat", {"model": "chuan-10m-chat", "stream": False, "messages": [self.question()], "options": {"num_predict": 8}}),
            ]
        )
        connection = await self.open()
        status, _ = await self.ask(connection, body, path)
        connection[1].close()
        return f"{path} {status}"

    def expect(self, kind, status, expected):
        if status != expected and status not in (429, 503):
            raise Wrong(f"{kind}: {status}, not {expected}")
        return f"{kind} {status}"

    # --- the whole -------------------------------------------------------------------------------

    async def client(self, end):
        kinds = [self.talk] * 12 + [self.leave] * 3 + [self.vanish] * 2 + [self.malformed] * 2
        kinds += [self.oversized, self.noise, self.small, self.small]
        while time.monotonic() < end:
            kind = self.random.choice(kinds)
            try:
                name = await asyncio.wait_for(kind(), 180)
                self.counts[name] += 1
                if name.endswith((" 429", " 503")):
                    await asyncio.sleep(0.5)
            except Exception as problem:  # noqa: BLE001: whatever it is, it is counted
                self.note(kind.__name__, problem)

    def note(self, kind, problem):
        name = f"{kind}: {type(problem).__name__}"
        self.wrong[name] += 1
        self.examples.setdefault(name, str(problem)[:200])

    async def idle(self, connections, round_):
        """Streams a short answer on each, all at once."""
        alive = 0

        async def one(connection):
            nonlocal alive
            while True:
                status, _ = await self.ask(connection, self.chat(True, [self.question()], 2))
                if status == 200:
                    alive += 1
                    return
                await asyncio.sleep(1)

        results = await asyncio.gather(*(one(c) for c in connections), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                self.note(f"idle, {round_}", result)
        return alive

    async def watch(self):
        while True:
            self.memory.append((time.monotonic() - self.start, resident(self.pid)))
            started = time.monotonic()
            await asyncio.to_thread(self.get, "/health")
            if (took := time.monotonic() - started) > 2:
                self.counts["slow /health"] += 1
                self.examples["slow /health"] = f"{took:.1f} s"
            await asyncio.sleep(2)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.read().decode()

    def generated(self):
        line = next(l for l in self.get("/metrics").splitlines() if l.startswith("chuan_tokens_generated_total"))
        return float(line.split()[1])

    async def run(self):
        connections = [await self.open() for _ in range(self.options.idle)]
        opened = await self.idle(connections, "first")
        self.start = time.monotonic()
        watch = asyncio.create_task(self.watch())
        minute = min(60, self.options.seconds / 3)
        end = self.start + self.options.seconds
        clients = [asyncio.create_task(self.client(end)) for _ in range(self.options.clients)]
        # the caches fill first: what counts as the first minute begins after ten seconds
        await asyncio.sleep(min(10, minute / 2))
        before = await asyncio.to_thread(self.generated)
        await asyncio.sleep(minute)
        first = (await asyncio.to_thread(self.generated) - before) / minute
        base = self.memory[-1][1]
        await asyncio.sleep(max(0, end - time.monotonic() - minute))
        before = await asyncio.to_thread(self.generated)
        await asyncio.sleep(minute)
        last = (await asyncio.to_thread(self.generated) - before) / minute
        await asyncio.gather(*clients)
        loaded = resident(self.pid)  # before all idle connections stream at the same time
        held = await self.idle(connections, "last")
        for _, writer in connections:
            writer.close()
        watch.cancel()
        await asyncio.sleep(2)
        metrics = await asyncio.to_thread(self.get, "/metrics")
        left = {
            name: float(line.split()[1])
            for line in metrics.splitlines()
            for name in ("chuan_requests_running", "chuan_requests_queued")
            if line.startswith(name + " ")
        }
        if any(left.values()):
            self.wrong["requests left behind"] = 1
            self.examples["requests left behind"] = str(left)
        return {
            "seconds": self.options.seconds,
            "clients": self.options.clients,
            "seed": self.options.seed,
            "idle_connections": {"asked": self.options.idle, "first": opened, "last": held},
            "answers": dict(sorted(self.counts.items())),
            "wrong": dict(self.wrong),
            "examples": self.examples,
            "tokens_per_second": {"first": round(first, 1), "last": round(last, 1)},
            "memory_mb": {
                "first": round(base / 1e6),
                "last": round(loaded / 1e6),
                "after_idle": round(resident(self.pid) / 1e6),
                "most": round(max(m for _, m in self.memory) / 1e6),
            },
        }


def resident(pid):
    """Bytes of memory of a process, without the pages of mapped files."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def serve(arguments):
    """Starts a server; its process and its port."""
    process = subprocess.Popen(
        [str(ROOT / "chuan"), "serve", "--port", "0", "--access-log", "off", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if " serves " in line:
            return process, int(line.split(" ")[0].rstrip("/").rsplit(":", 1)[1])
    raise SystemExit("the server did not start")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--idle", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("server", nargs="*", help="more arguments for chuan serve, behind --")
    options = parser.parse_args()
    need = options.idle + options.clients + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, need)), hard))
    process, port = serve(["--queue", str(options.idle + 64), "--parallel", "16", *options.server])
    try:
        result = asyncio.run(Load(port, process.pid, options).run())
    finally:
        process.terminate()
        code = process.wait(60)
    if code != 0:
        result["wrong"]["exit code"] = code
    print(json.dumps(result, ensure_ascii=False))
    sys.exit(1 if result["wrong"] else 0)


if __name__ == "__main__":
    main()

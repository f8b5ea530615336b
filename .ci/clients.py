"""Stock clients, unchanged, against ./chuan serve with the shipped model."""

import concurrent.futures
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
import urllib.request

import ollama
import openai

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
QUESTION = [{"role": "user", "content": "你好，请介绍一下你自己"}]
PATIENCE = 120


class Server:
    def __init__(self):
        self.process = subprocess.Popen(
            [os.path.join(ROOT, "chuan"), "serve", "--port", "0"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, encoding="utf-8")
        watch = threading.Timer(PATIENCE, self.process.kill)
        watch.start()
        line = self.process.stdout.readline()
        watch.cancel()
        found = re.match(r"(http://\S+) serves (\S+),", line)
        assert found, f"the server said: {line!r}"
        self.url, self.model = found[1].rstrip("/"), found[2]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        assert code == 0, f"exit code {code}"


def greedy(client, model, **more):
    more = {"max_tokens": 40, "temperature": 0} | more
    return client.chat.completions.create(model=model, messages=QUESTION, **more)


# OpenAI's own client

def models_are_listed(client, _, server):
    assert server.model in [m.id for m in client.models.list()]
    assert client.models.retrieve(server.model).object == "model"


def a_chat_is_answered(client, _, server):
    answer = greedy(client, server.model)
    choice = answer.choices[0]
    assert choice.message.role == "assistant" and choice.message.content
    assert choice.finish_reason in ("stop", "length")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.completion_tokens <= 40
    again = greedy(client, server.model)
    assert again.choices[0].message.content == choice.message.content
    assert again.usage.prompt_tokens_details.cached_tokens > 0


def a_stream_is_the_answer_in_pieces(client, _, server):
    whole = greedy(client, server.model)
    chunks = list(greedy(client, server.model, stream=True, stream_options={"include_usage": True}))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content
    assert "\ufffd" not in text
    reasons = [c.choices[0].finish_reason for c in chunks if c.choices]
    assert reasons[-1] == whole.choices[0].finish_reason and not any(reasons[:-1])
    assert not chunks[-1].choices and chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert len({c.id for c in chunks}) == 1
    unasked = list(greedy(client, server.model, stream=True))
    assert all(c.choices for c in unasked) and all(c.usage is None for c in unasked)


def the_accumulator_of_streams_agrees(client, _, server):
    with client.chat.completions.stream(model=server.model, messages=QUESTION, max_tokens=300, temperature=0) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    assert final.choices[0].message.content == greedy(client, server.model, max_tokens=300).choices[0].message.content


def log_probabilities_are_those_of_the_tokens(client, _, server):
    choice = greedy(client, server.model, max_tokens=12, logprobs=True, top_logprobs=3).choices[0]
    entries = choice.logprobs.content
    spelled = b"".join(bytes(e.bytes) for e in entries).decode(errors="ignore").strip()
    assert spelled.startswith(choice.message.content.strip()[:8])
    for entry in entries:
        assert entry.logprob <= 0 and len(entry.top_logprobs) == 3
        assert abs(entry.top_logprobs[0].logprob - max(t.logprob for t in entry.top_logprobs)) < 1e-9
    assert greedy(client, server.model, max_tokens=3, logprobs=True).choices[0].logprobs.content[0].top_logprobs == []


WEATHER = {"type": "function", "function": {"name": "weather", "description": "天气", "parameters": {
    "type": "object", "properties": {"城市": {"enum": ["北京", "上海"]}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
    "required": ["城市", "days"], "additionalProperties": False}}}


def arguments_fit(text):
    arguments = json.loads(text)
    assert set(arguments) == {"城市", "days"}, arguments
    assert arguments["城市"] in ("北京", "上海") and 1 <= arguments["days"] <= 7, arguments


def tools_are_called(client, _, server):
    demanded = {"tools": [WEATHER], "tool_choice": "required", "parallel_tool_calls": False, "max_tokens": 200}
    choice = greedy(client, server.model, **demanded).choices[0]
    assert choice.finish_reason == "tool_calls"
    call = choice.message.tool_calls[0]
    assert call.type == "function" and call.id and call.function.name == "weather"
    arguments_fit(call.function.arguments)
    named = {"type": "function", "function": {"name": "weather"}}
    assert greedy(client, server.model, **demanded | {"tool_choice": named}).choices[0].message.tool_calls
    with client.chat.completions.stream(model=server.model, messages=QUESTION, temperature=0, **demanded) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion().choices[0]
    assert final.finish_reason == "tool_calls"
    assert final.message.tool_calls[0].function.arguments == call.function.arguments
    answered = QUESTION + [
        {"role": "assistant", "content": None, "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": "晴，20 度"}]
    after = client.chat.completions.create(model=server.model, messages=answered, tools=[WEATHER], tool_choice="none", max_tokens=30)
    assert after.choices[0].message.content and not after.choices[0].message.tool_calls


PLACE = {"type": "function", "function": {"name": "go", "parameters": {
    "type": "object", "properties": {"to": {"enum": ["北", "南"]}}, "required": ["to"]}}}


def several_tools_are_called_at_once(client, _, server):
    # the ids that end an answer are made all but impossible, so that the model calls on until it is cut off
    ends = {str(i): -100 for i in (2, 18)}
    demanded = {"tools": [PLACE], "tool_choice": "required", "max_tokens": 150, "logit_bias": ends}
    choice = greedy(client, server.model, **demanded).choices[0]
    calls = choice.message.tool_calls
    whole = calls[:-1] if choice.finish_reason == "length" else calls
    assert len(whole) > 1 and len({c.id for c in calls}) == len(calls)
    for call in whole:
        assert call.function.name == "go" and json.loads(call.function.arguments)["to"] in ("北", "南")
    begun = []
    for chunk in greedy(client, server.model, stream=True, **demanded):
        for delta in chunk.choices[0].delta.tool_calls or []:
            if delta.id:
                assert delta.index == len(begun) and delta.type == "function" and delta.function.name == "go"
                begun.append("")
            else:
                assert delta.index == len(begun) - 1 and delta.function.name is None
            begun[delta.index] += delta.function.arguments
    assert begun == [c.function.arguments for c in calls]
    with client.chat.completions.stream(model=server.model, messages=QUESTION, temperature=0, **demanded) as stream:
        for _ in stream:
            pass
        final = stream.current_completion_snapshot
    assert [c.function.arguments for c in final.choices[0].message.tool_calls] == begun
    one = greedy(client, server.model, parallel_tool_calls=False, **demanded).choices[0]
    assert one.finish_reason == "tool_calls" and len(one.message.tool_calls) == 1
    answered = QUESTION + [{"role": "assistant", "content": "", "tool_calls": [c.model_dump() for c in whole]}]
    answered += [{"role": "tool", "tool_call_id": c.id, "content": "好"} for c in whole]
    after = client.chat.completions.create(model=server.model, messages=answered, tools=[PLACE], tool_choice="none", max_tokens=8)
    assert after.choices[0].message.content


def tools_and_a_schema_go_together(client, _, server):
    schema = {"type": "json_schema", "json_schema": {"name": "yes", "schema": {"enum": ["是", "不是"]}}}
    for seed in range(4):
        message = greedy(client, server.model, tools=[PLACE], parallel_tool_calls=False, response_format=schema,
                         temperature=1, seed=seed, max_tokens=100).choices[0].message
        if message.tool_calls:
            assert json.loads(message.tool_calls[0].function.arguments)["to"] in ("北", "南")
        else:
            assert json.loads(message.content) in ("是", "不是")


def answers_follow_a_schema(client, _, server):
    schema = {"type": "json_schema", "json_schema": {"name": "weather", "strict": True, "schema": WEATHER["function"]["parameters"]}}
    for seed in range(5):
        choice = greedy(client, server.model, response_format=schema, temperature=1, seed=seed, max_tokens=200).choices[0]
        assert choice.finish_reason == "stop"
        arguments_fit(choice.message.content)
    some = greedy(client, server.model, response_format={"type": "json_object"}, max_tokens=300).choices[0]
    if some.finish_reason == "stop":
        assert isinstance(json.loads(some.message.content), dict)
    refused = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "array", "uniqueItems": True}}}
    try:
        greedy(client, server.model, response_format=refused)
        raise AssertionError("a keyword that cannot be followed was taken")
    except openai.BadRequestError as e:
        assert "uniqueItems" in e.message and e.param, e


def seeds_stops_and_several_choices(client, _, server):
    warm = dict(temperature=1.0, seed=7, max_tokens=30)
    one, two = greedy(client, server.model, **warm), greedy(client, server.model, **warm)
    assert one.choices[0].message.content == two.choices[0].message.content
    several = greedy(client, server.model, n=3, temperature=1.2, seed=1)
    assert [c.index for c in several.choices] == [0, 1, 2]
    whole = greedy(client, server.model).choices[0].message.content
    stopped = greedy(client, server.model, stop=[whole[3:5]]).choices[0]
    assert stopped.message.content == whole[:whole.index(whole[3:5])] and stopped.finish_reason == "stop"


def completions_and_parts_of_content(client, _, server):
    text = client.completions.create(model=server.model, prompt="从前有一座山，", max_tokens=10, temperature=0)
    assert text.choices[0].text
    parts = [{"role": "user", "content": [{"type": "text", "text": "你好，请"}, {"type": "text", "text": "介绍一下你自己"}]}]
    joined = client.chat.completions.create(model=server.model, messages=parts, max_tokens=40, temperature=0)
    assert joined.choices[0].message.content == greedy(client, server.model).choices[0].message.content


def embeddings_have_length_one(client, _, server):
    found = client.embeddings.create(model=server.model, input=["山高水长", "a mountain"])
    assert [d.index for d in found.data] == [0, 1] and found.usage.prompt_tokens > 0
    for data in found.data:
        assert abs(math.sqrt(sum(x * x for x in data.embedding)) - 1) < 1e-3
    plain = client.embeddings.create(model=server.model, input="山高水长", encoding_format="float")
    assert len(plain.data[0].embedding) == len(found.data[0].embedding)
    assert max(abs(a - b) for a, b in zip(plain.data[0].embedding, found.data[0].embedding)) < 1e-6


def errors_are_the_exceptions_that_programs_catch(client, _, server):
    for wrong, kind in (
        (dict(temperature=9), openai.BadRequestError),
        (dict(messages=[]), openai.BadRequestError),
        (dict(messages=[{"role": "user", "content": "很" * 20000}]), openai.BadRequestError),
        (dict(model="no-such-model"), openai.NotFoundError),
    ):
        request = dict(model=server.model, messages=QUESTION, max_tokens=5) | wrong
        try:
            client.chat.completions.create(**request)
        except kind as e:
            assert e.body.get("message") and "code" in e.body and "param" in e.body, e.body
            if "很" in str(request):
                assert e.code == "context_length_exceeded", e.code
        else:
            raise AssertionError(f"accepted: {wrong.keys()}")


def a_stream_that_is_left_frees_its_place(client, _, server):
    stream = greedy(client, server.model, stream=True, max_tokens=3000, temperature=1.5)
    next(iter(stream))
    stream.close()
    assert greedy(client, server.model, max_tokens=3).choices[0].message.content


def many_at_once_get_what_they_get_alone(client, _, server):
    alone = greedy(client, server.model).choices[0].message.content
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: greedy(client, server.model).choices[0].message.content, range(16)))
    assert set(answers) == {alone}


# Ollama's own client

def ollama_chats_and_streams(_, client, server):
    options = {"temperature": 0, "num_predict": 40}
    whole = client.chat(model=server.model, messages=QUESTION, options=options)
    assert whole.message.content and whole.done and whole.eval_count > 0 and whole.total_duration > 0
    parts = list(client.chat(model=server.model, messages=QUESTION, options=options, stream=True))
    assert "".join(p.message.content for p in parts) == whole.message.content
    assert parts[-1].done and not any(p.done for p in parts[:-1])
    written = client.generate(model=server.model, prompt="你好", options=options)
    assert written.response and written.done_reason in ("stop", "length")


def ollama_knows_the_model(_, client, server):
    assert any(m.model.startswith(server.model) for m in client.list().models)
    shown = client.show(server.model)
    assert "completion" in shown.capabilities and shown.modelinfo
    vectors = client.embed(model=server.model, input=["山", "水"]).embeddings
    assert len(vectors) == 2 and len(vectors[0]) == len(vectors[1])
    client.ps()


# What Open WebUI asks for when it is pointed at a server

def get(server, path):
    with urllib.request.urlopen(server.url + path, timeout=PATIENCE) as response:
        return response.read()


def post(server, path, body):
    request = urllib.request.Request(
        server.url + path, json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": "Bearer none"})
    return urllib.request.urlopen(request, timeout=PATIENCE)


def the_calls_of_open_webui(_, __, server):
    assert json.loads(get(server, "/v1/models"))["data"][0]["id"] == server.model
    assert json.loads(get(server, "/api/version"))["version"]
    assert json.loads(get(server, "/api/tags"))["models"][0]["details"]["family"]
    assert "models" in json.loads(get(server, "/api/ps"))
    body = {"model": server.model, "messages": QUESTION, "stream": True, "stream_options": {"include_usage": True},
            "max_tokens": 10, "metadata": {"chat_id": "1"}, "temperature": None, "top_p": None}
    with post(server, "/v1/chat/completions", body) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        lines = [line for line in response.read().decode().split("\n") if line.startswith("data: ")]
    assert lines[-1] == "data: [DONE]"
    events = [json.loads(line[6:]) for line in lines[:-1]]
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert events[-1]["choices"] == [] and events[-1]["usage"]["completion_tokens"] <= 10
    title = body | {"stream": False, "messages": [{"role": "user", "content": "Title of this chat?"}], "max_completion_tokens": 5}
    with post(server, "/v1/chat/completions", title) as response:
        assert json.load(response)["usage"]["completion_tokens"] <= 5
    line_stream = {"model": server.model, "messages": QUESTION, "options": {"num_predict": 5}}
    with post(server, "/api/chat", line_stream) as response:
        assert response.headers["Content-Type"].startswith("application/x-ndjson")
        assert json.loads(response.read().decode().strip().split("\n")[-1])["done"] is True


TESTS = [f for f in list(globals().values()) if callable(f) and getattr(f, "__code__", None)
         and f.__code__.co_argcount == 3 and f.__module__ == "__main__" and f.__name__ not in ("post",)]


def main():
    failed = 0
    server = Server()
    clients = (openai.OpenAI(base_url=server.url + "/v1", api_key="none", max_retries=0, timeout=PATIENCE),
               ollama.Client(host=server.url, timeout=PATIENCE))
    for test in TESTS:
        start = time.monotonic()
        try:
            test(*clients, server)
            print(f"ok      {test.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED  {test.__name__}", flush=True)
            traceback.print_exc()
    server.end()
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()

// A server that speaks exactly the API that the page uses, slowly or badly on demand: queues, slow
// prompts, refusals, deaths in mid-stream. It has no model: it says what a test tells it to say.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../main/resources/web");

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml", ".json": "application/json", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8" };

export const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
  + "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html dompurify";

const headers = { "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-cache" };

/** Words, single CJK characters and, for what is outside the vocabulary, single bytes. */
export function split(text) {
  const pieces = [];
  for (const [piece] of text.matchAll(/ ?[A-Za-z0-9]+|\s|[（）]|\p{Extended_Pictographic}|[^]/gu)) {
    if (/[（）]|\p{Extended_Pictographic}/u.test(piece)) for (const b of Buffer.from(piece)) pieces.push([b]);
    else pieces.push(piece);
  }
  return pieces;
}

class Vocabulary {
  #ids = new Map();
  #pieces = [];
  id(piece) {
    const key = JSON.stringify(piece);
    if (!this.#ids.has(key)) {
      this.#ids.set(key, this.#pieces.length);
      this.#pieces.push(piece);
    }
    return this.#ids.get(key);
  }
  piece(id) {
    return this.#pieces[id];
  }
}

const bytesOf = piece => typeof piece === "string" ? [...Buffer.from(piece)] : piece;

const wait = ms => new Promise(r => setTimeout(r, ms));

export class FakeServer {
  /** What the next answers do; a test changes it at will. */
  static defaults = () => ({
    phase: "ok", progress: undefined, model: "chuan-fake", limit: 4096, chat: true,
    reply: body => `Echo: ${body.messages?.at(-1)?.content ?? body.prompt}`,
    delay: 2, first: 0, queue: [], prompt: [], refuse: [], dieAfter: null, errorAfter: null, finish: "stop", cached: 0, key: null, perToken: 1,
    probability: i => [0.97, 0.7, 0.4, 0.2, 0.05][i % 5],
  });

  behave = FakeServer.defaults();
  /** Every request of the API: {path, body}. */
  requests = [];
  violations = [];
  #server;
  #vocabulary = new Vocabulary();
  #sockets = new Set();

  async start(port = 0) {
    this.#server = createServer((q, s) => this.#handle(q, s).catch(e => { if (!s.destroyed) s.destroy(e); }));
    this.#server.on("connection", s => {
      this.#sockets.add(s);
      s.setNoDelay(true);
      s.on("close", () => this.#sockets.delete(s));
    });
    await new Promise((resolve, reject) => this.#server.once("error", reject).listen(port, "127.0.0.1", resolve));
    this.port = this.#server.address().port;
    this.url = `http://127.0.0.1:${this.port}/`;
    return this;
  }

  /** As a process that is killed: every connection breaks. */
  async kill() {
    const closed = new Promise(r => this.#server.close(r));
    for (const s of this.#sockets) s.destroy();
    await closed;
  }

  reset() {
    this.behave = FakeServer.defaults();
    this.requests = [];
  }

  async #handle(request, response) {
    const path = new URL(request.url, "http://x").pathname;
    if (request.method === "GET" && !path.startsWith("/v1/") && path !== "/health") return this.#file(path, response);
    let text = "";
    request.setEncoding("utf8");
    for await (const part of request) text += part;
    const body = text ? JSON.parse(text) : undefined;
    if (request.method === "POST") this.requests.push({ path, body });
    const b = this.behave;
    if (path === "/health") {
      const down = b.phase !== "ok" && b.phase !== "draining";
      return json(response, down ? 503 : 200, { status: b.phase, ...(b.progress ? { loaded_bytes: b.progress.done, total_bytes: b.progress.total } : {}) });
    }
    if (b.key && request.headers.authorization !== `Bearer ${b.key}`) return fail(response, 401, "Incorrect API key", "invalid_api_key");
    if (path === "/v1/models") return json(response, 200, { object: "list", data: [{ id: b.model, object: "model", created: 1, owned_by: "chuan", max_model_len: b.limit, chat: b.chat }] });
    if (path === "/tokenize") return json(response, 200, { tokens: split(body.content).map(p => this.#vocabulary.id(p)) });
    if (path === "/v1/chat/completions" || path === "/v1/completions") return this.#complete(path.includes("chat"), body, response);
    return fail(response, 404, `There is nothing at ${path}`, "not_found");
  }

  async #file(path, response) {
    const name = normalize(path === "/" ? "/index.html" : path);
    try {
      const data = await readFile(join(root, name));
      response.writeHead(200, { ...headers, "Content-Type": types[extname(name)] ?? "application/octet-stream" }).end(data);
    } catch {
      response.writeHead(404, headers).end();
    }
  }

  #entry(piece, i) {
    const p = this.behave.probability(i);
    const other = (text, q) => ({ id: this.#vocabulary.id(text), token: text, bytes: bytesOf(text), logprob: Math.log(q) });
    const own = { id: this.#vocabulary.id(piece), token: typeof piece === "string" ? piece : "\ufffd", bytes: bytesOf(piece), logprob: Math.log(p) };
    const rest = ["好", " the", "。", "x", "\n", "川", "1"].filter(x => x !== piece).map((x, k) => other(x, (1 - p) * 0.5 ** (k + 1)));
    return { ...own, top_logprobs: [own, ...rest].sort((a, b) => b.logprob - a.logprob).slice(0, 8) };
  }

  async #complete(chat, body, response) {
    const b = this.behave;
    const refusal = b.refuse.shift();
    if (refusal) return fail(response, refusal.status, refusal.message ?? "busy", refusal.code ?? "rate_limit_exceeded", refusal);
    const begun = Date.now();
    const given = body["x-chuan-prefix-ids"];
    const pieces = split(b.reply(body, given?.map(id => this.#vocabulary.piece(id))));
    const promptText = chat ? body.messages.map(m => m.content).join("\n") : String(body.prompt);
    const prompt = split(promptText).length + (given?.length ?? 0);
    const usage = n => ({ prompt_tokens: prompt, completion_tokens: n, total_tokens: prompt + n, prompt_tokens_details: { cached_tokens: Math.min(b.cached, prompt) } });
    if (!body.stream) return json(response, 200, { id: "x", object: "chat.completion", model: b.model, choices: [{ index: 0, message: { role: "assistant", content: pieces.map(p => Buffer.from(bytesOf(p)).toString()).join("") }, finish_reason: "stop" }], usage: usage(pieces.length) });
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
    const gone = () => response.destroyed || response.writableEnded;
    const write = data => { if (!gone()) response.write(`data: ${JSON.stringify(data)}\n\n`); };
    const chunk = (delta, more = {}) => ({ id: "chatcmpl-1", object: chat ? "chat.completion.chunk" : "text_completion", created: 1, model: b.model,
      choices: [{ index: 0, ...(chat ? { delta } : { text: delta.content ?? "" }), logprobs: null, finish_reason: null, ...more }] });
    response.write(": keep-alive\n");
    for (const [place, ms] of b.queue) {
      write({ ...chunk({}), prompt_progress: { queue_position: place, time_ms: 1 } });
      await wait(ms);
    }
    for (const [processed, total, ms] of b.prompt) {
      write({ ...chunk({}), prompt_progress: { total, cache: 0, processed } });
      await wait(ms);
    }
    if (chat) write(chunk({ role: "assistant", content: "" }));
    await wait(b.first);
    const first = Date.now();
    let held = [];
    let entries = [];
    let sent = 0;
    for (let i = 0; i < pieces.length && i < (body.max_tokens ?? Infinity); i++) {
      if (gone()) return;
      if (b.dieAfter === i) return response.destroy();
      if (b.errorAfter === i) {
        response.write(`data: ${JSON.stringify({ error: { message: "The engine failed", type: "server_error", param: null, code: null } })}\n\n`);
        return response.end();
      }
      held.push(...bytesOf(pieces[i]));
      if (body.logprobs) entries.push(this.#entry(pieces[i], i));
      const text = Buffer.from(held).toString();
      sent++;
      if (text.endsWith("\ufffd")) continue;
      held = [];
      if (!chat && body.logprobs) {
        const plain = entries.map(e => ({ ...e, token: Buffer.from(e.bytes).toString() }));
        write(chunk({ content: text }, { logprobs: { tokens: plain.map(e => e.token), token_logprobs: plain.map(e => e.logprob), top_logprobs: plain.map(e => Object.fromEntries(e.top_logprobs.map(t => [t.token, t.logprob]))), text_offset: [] } }));
      } else write(chunk({ content: text }, entries.length ? { logprobs: { content: entries, refusal: null } } : {}));
      entries = [];
      if (b.delay && i % b.perToken === 0) await wait(b.delay);
    }
    const cut = sent < pieces.length;
    write(chunk({}, { finish_reason: cut ? "length" : b.finish }));
    const ms = Date.now() - first || 1;
    write({ ...chunk({}), choices: [], usage: usage(sent), timings: { prompt_n: prompt, cache_n: Math.min(b.cached, prompt), prompt_ms: first - begun, prompt_per_second: 1000 * prompt / (first - begun || 1), predicted_n: sent, predicted_ms: ms, predicted_per_second: 1000 * sent / ms } });
    response.end("data: [DONE]\n\n");
  }
}

function json(response, status, value, more = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...more }).end(JSON.stringify(value));
}

function fail(response, status, message, code, { retryAfter, ...detail } = {}) {
  json(response, status, { error: { message, type: "invalid_request_error", param: null, code, ...detail.detail } }, retryAfter ? { "Retry-After": String(retryAfter) } : {});
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await new FakeServer().start(Number(process.argv[2] ?? 8099));
  console.log(server.url);
}

// The server's API as the page uses it: OpenAI's paths, llama.cpp's extras. No state but the key.

let key = "";
export const setKey = value => { key = value ?? ""; };

/** What the server said no with; `status` 0 = it could not be reached, -1 = the stream broke off. */
export class ApiError extends Error {
  constructor(message, status, { code = "", param = "", retryAfter = 0, detail = {} } = {}) {
    super(message);
    Object.assign(this, { status, code: code ?? "", param: param ?? "", retryAfter, detail });
  }
}

const headers = () => ({ "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) });

async function failure(response) {
  let body = {};
  try {
    body = (await response.json()).error ?? {};
  } catch { /* not JSON: a proxy's page */ }
  if (typeof body === "string") body = { message: body };
  const retryAfter = Number(response.headers.get("retry-after")) || 0;
  return new ApiError(body.message || `HTTP ${response.status}`, response.status,
    { code: body.code, param: body.param, retryAfter, detail: body });
}

async function send(path, { body, signal } = {}) {
  let response;
  try {
    response = await fetch(path, body === undefined ? { headers: headers(), signal, cache: "no-store" }
      : { method: "POST", headers: headers(), body: JSON.stringify(body), signal });
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new ApiError(e.message, 0);
  }
  return response;
}

export async function get(path, signal) {
  const response = await send(path, { signal });
  if (!response.ok) throw await failure(response);
  return response.json();
}

export async function post(path, body, signal) {
  const response = await send(path, { body, signal });
  if (!response.ok) throw await failure(response);
  return response.json();
}

/** `{status, …}` of /health, whatever its HTTP status; throws only if there is no server. */
export async function health() {
  const response = await send("health");
  try {
    return { http: response.status, ...await response.json() };
  } catch {
    return { http: response.status, status: response.ok ? "ok" : "unknown" };
  }
}

/**
 * The data of each server-sent event of `body`: lines may end in LF, CRLF or CR, characters may be
 * cut anywhere, comments and other fields are skipped, an event without data is none.
 */
export async function* events(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let data = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (data.length) yield data.join("\n");
          data = [];
        } else if (line.startsWith("data:")) {
          data.push(line.slice(line[5] === " " ? 6 : 5));
        }
      }
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** The chunks of a streamed answer. Throws ApiError for what went wrong, also in mid-stream. */
export async function* stream(path, body, signal) {
  const response = await send(path, { body: { ...body, stream: true }, signal });
  if (!response.ok) throw await failure(response);
  let complete = false;
  try {
    for await (const data of events(response.body)) {
      if (data === "[DONE]") {
        complete = true;
        return;
      }
      const chunk = JSON.parse(data);
      if (chunk.error) {
        throw new ApiError(chunk.error.message ?? "error", 500, { code: chunk.error.code ?? "stream", detail: chunk.error });
      }
      yield chunk;
    }
  } catch (e) {
    if (e.name === "AbortError" || e instanceof ApiError) throw e;
    throw new ApiError(e.message, -1);
  }
  if (!complete) throw new ApiError("", -1);
}

export const tokenize = async (content, signal) => (await post("tokenize", { content }, signal)).tokens;

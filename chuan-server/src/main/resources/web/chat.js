// Asking for answers: what is sent, what the stream brings, how it ends. Several may run at once.
import * as api from "./api.js";
import { randomSeed } from "./ids.js";
import { addMessage, changed, current, goTo, newConversation, PARAMS, redraw, serverGone, state, thread, toast, touch, touchConversation } from "./store.js";
import { t } from "./i18n.js";
import { leafBelow, pathTo } from "./tree.js";
import { addEntry, emptyTokens, idsOf, prefix } from "./tokendata.js";
import { announce, announceText } from "./announce.js";

const TRIES = 6;

export const canSend = () => state.server.phase === "ready";

/** The answer that is being written at the end of the shown conversation, if any. */
export const runningIn = conversation => [...state.runs.values()].find(r => r.message.conversation === conversation?.id) ?? null;

// ---- what the user does

export function sendMessage(text) {
  let conversation = current();
  if (!conversation) {
    conversation = newConversation({ title: titleOf(text), system: state.fresh.system, params: state.fresh.params });
    state.fresh = { system: state.settings.system, params: { ...state.settings.params }, draft: "" };
    location.hash = `#/c/${conversation.id}`;
  }
  if (!conversation.title) conversation.title = titleOf(text);
  const question = addMessage(conversation, { parent: conversation.leaf, role: "user", content: text });
  answer(conversation, question.id);
}

export const titleOf = text => {
  const line = text.trim().split("\n")[0];
  return [...line].length > 40 ? [...line].slice(0, 40).join("") + "…" : line;
};

function answer(conversation, parent, more = {}) {
  const message = addMessage(conversation, { parent, role: "assistant", content: "", ...more });
  generate(conversation, message);
  return message;
}

const conversationOf = message => state.conversations.get(message.conversation);

export function regenerate(message) {
  answer(conversationOf(message), message.parent);
}

/** A failed answer is tried again in its place; one with text becomes a branch. */
export function retry(message) {
  if (message.content) return regenerate(message);
  delete message.error;
  generate(conversationOf(message), message);
}

export function continueAnswer(message) {
  delete message.error;
  generate(conversationOf(message), message);
}

/** A changed question is asked as a new branch; a changed answer just stands there. */
export function editMessage(message, text) {
  const conversation = conversationOf(message);
  if (message.role === "user") {
    const question = addMessage(conversation, { parent: message.parent ?? null, role: "user", content: text });
    if (conversation.title === titleOf(message.content)) conversation.title = titleOf(text);
    answer(conversation, question.id);
  } else {
    addMessage(conversation, { parent: message.parent, role: "assistant", content: text, model: message.model, finish: "edited" });
  }
}

/** A new branch that goes on as if the model had chosen another token at `index`. */
export function branchFrom(message, index, alternative) {
  const { text, tokens } = prefix(message, index, alternative);
  answer(conversationOf(message), message.parent, { content: text, tokens });
}

export function stop(message) {
  state.runs.get(message.id)?.controller.abort();
}

/** Back on a branch, one finds what one last read there. */
export function showBranch(message) {
  const conversation = conversationOf(message);
  const messages = thread(conversation.id);
  const last = conversation.shown?.[message.id];
  goTo(conversation, messages.has(last) ? last : leafBelow(messages, message.id));
}

// ---- what is sent

/** The messages that the model is to read: without the dropped ones and without empty answers. */
export function history(conversation, leaf) {
  let path = pathTo(thread(conversation.id), leaf);
  const from = path.findIndex(m => m.id === conversation.from);
  if (from > 0) path = path.slice(from);
  const messages = path.filter(m => m.content !== "").map(m => ({ role: m.role, content: m.content }));
  if (conversation.system?.trim()) messages.unshift({ role: "system", content: conversation.system });
  return messages;
}

export function parameters(params) {
  const sent = {};
  for (const name of PARAMS) {
    const value = params[name];
    if (value === undefined || value === null || value === "") continue;
    sent[name] = name === "stop" ? String(value).split("\n").filter(Boolean) : value;
  }
  if (sent.stop && !sent.stop.length) delete sent.stop;
  return sent;
}

function requestFor(conversation, message, params) {
  const messages = history(conversation, message.parent);
  const body = { model: state.server.model ?? "default", messages, stream_options: { include_usage: true }, return_progress: true, ...parameters(params) };
  if (message.wanted) Object.assign(body, { logprobs: true, top_logprobs: 8 });
  if (message.content) {
    const ids = idsOf(message);
    if (ids) body["x-chuan-prefix-ids"] = ids;
    else {
      messages.push({ role: "assistant", content: message.content });
      body.continue_final_message = true;
    }
  }
  return body;
}

// ---- the stream

async function generate(conversation, message) {
  const run = { message, controller: new AbortController(), phase: "waiting", begun: performance.now(), first: 0, count: 0, spoken: message.content.length };
  const params = { ...conversation.params, seed: conversation.params.seed ?? randomSeed() };
  state.runs.set(message.id, run);
  const before = message.usage;
  Object.assign(message, { finish: null, model: state.server.model, params });
  message.wanted = state.settings.keepTokens || !!message.tokens;
  if (!message.content) message.tokens = message.wanted ? emptyTokens() : undefined;
  touch(message);
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await follow(run, requestFor(conversation, message, params));
        break;
      } catch (e) {
        const busy = e.status === 429 || e.status === 503;
        if (!busy || attempt === TRIES) throw e;
        await pause(run, e.retryAfter || Math.min(2 ** attempt, 30));
      }
    }
    if (before && message.usage) message.usage.completion_tokens += before.completion_tokens ?? 0;
    message.finish ??= "stop";
  } catch (e) {
    if (e.name === "AbortError") message.finish = "user";
    else {
      message.finish = "error";
      message.error = describe(e);
      if (e.status === 0) serverGone();
    }
  } finally {
    state.runs.delete(message.id);
    delete message.wanted;
    if (run.first) message.first = Math.round(run.first - run.begun);
    if (message.tokens && !message.tokens.lp.length) delete message.tokens;
    touch(message);
    conversation.updated = Date.now();
    touchConversation(conversation);
    announce(message.finish === "error" ? t("errorTitle") : message.finish === "user" ? t("answerStopped") : t("answerFinished"));
  }
}

async function follow(run, body) {
  const { message } = run;
  run.phase = "waiting";
  for await (const chunk of api.stream("v1/chat/completions", body, run.controller.signal)) {
    const progress = chunk.prompt_progress;
    if (progress?.queue_position !== undefined) Object.assign(run, { phase: "queue", place: progress.queue_position });
    else if (progress) Object.assign(run, { phase: "prompt", progress });
    if (chunk.usage) message.usage = chunk.usage;
    if (chunk.timings) message.timings = chunk.timings;
    const choice = chunk.choices?.[0];
    const entries = choice?.logprobs?.content ?? [];
    const text = choice?.delta?.content ?? "";
    if (text || entries.length) {
      run.phase = "text";
      run.first ||= performance.now();
      run.last = performance.now();
      run.count += entries.length || 1;
      message.content += text;
      if (message.tokens) for (const entry of entries) addEntry(message.tokens, entry);
      announceText(run);
    }
    if (choice?.finish_reason) message.finish = choice.finish_reason;
    touch(message);
  }
}

function pause(run, wait) {
  run.phase = "retry";
  const until = Date.now() + wait * 1000;
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      run.left = Math.ceil((until - Date.now()) / 1000);
      if (run.left <= 0) {
        clearInterval(timer);
        resolve();
      }
      redraw(run.message);
    }, 250);
    run.left = wait;
    run.controller.signal.addEventListener("abort", () => {
      clearInterval(timer);
      reject(run.controller.signal.reason);
    }, { once: true });
    redraw(run.message);
  });
}

function describe(e) {
  if (e.code === "context_length_exceeded") {
    return { kind: "context", tokens: e.detail.n_prompt_tokens ?? 0, limit: e.detail.n_ctx ?? state.server.limit, text: e.message };
  }
  if (e.status === 0) return { kind: "unreachable" };
  if (e.status === -1) return { kind: "broken" };
  if (e.status === 401) return { kind: "key" };
  return { kind: e.code === "stream" ? "stream" : "other", text: e.message };
}

export const liveSpeed = run => run?.first && run.count > 3 ? run.count / ((run.last - run.first) / 1000 || 1) : 0;

// ---- a full context

/** How many messages at the beginning to leave out so that about 60 % of the context are used. */
export function droppable(conversation, path, tokens, limit) {
  const sent = path.slice(Math.max(0, path.findIndex(m => m.id === conversation.from)));
  const lengths = sent.map(m => [...m.content].length + 4);
  const all = lengths.reduce((a, b) => a + b, 0);
  let rest = tokens || limit;
  let i = 0;
  while (i < sent.length - 1 && (rest > limit * 0.6 || sent[i].role !== "user")) rest -= (tokens || limit) * lengths[i++] / all;
  return { count: i, from: sent[i]?.id ?? null };
}

export function dropOldest(conversation, from) {
  conversation.from = from;
  touchConversation(conversation);
}

/** The model sums up the newest part of the chat that fits; the summary is the new chat's system prompt. */
export async function startWithSummary(conversation, limit) {
  if (state.ui.summarising) return;
  state.ui.summarising = true;
  changed();
  try {
    const path = pathTo(thread(conversation.id), conversation.leaf).filter(m => m.content);
    const { count } = droppable({ ...conversation, from: null }, path, 0, limit);
    const messages = path.slice(count).map(m => ({ role: m.role, content: m.content }));
    if (messages.at(-1)?.role === "user") messages.pop();
    messages.push({ role: "user", content: t("summaryPrompt") });
    const { choices } = await api.post("v1/chat/completions", { model: state.server.model ?? "default", messages, max_tokens: 300, ...parameters({ ...conversation.params, max_tokens: 300 }) });
    const fresh = newConversation({ title: t("summaryTitle", conversation.title), params: conversation.params,
      system: [conversation.system, t("summarySystem", choices[0].message.content.trim())].filter(Boolean).join("\n") });
    location.hash = `#/c/${fresh.id}`;
  } catch (e) {
    toast(e.message || t("errorUnreachable"));
  } finally {
    state.ui.summarising = false;
    changed();
  }
}

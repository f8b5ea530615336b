// The state of the page and what keeps it: memory first, IndexedDB behind it, other tabs told.
// Views read `state` and call actions; actions change it and say `changed()`.
import * as db from "./db.js";
import * as api from "./api.js";
import { newId } from "./ids.js";
import { fromBrowser, language, setLanguage, t } from "./i18n.js";
import { branches, leafWithout, pathTo, subtree } from "./tree.js";

export const PARAMS = ["temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty",
  "frequency_penalty", "max_tokens", "seed", "stop"];

export const state = {
  ready: false,
  route: { name: "chat", id: null },
  conversations: new Map(),
  /** conversation → its messages by id; of the shown one and of those being answered */
  threads: new Map(),
  /** message being written → what is known of the request; see chat.js */
  runs: new Map(),
  /** what the next new conversation begins with */
  fresh: { system: "", params: {}, draft: "" },
  server: { phase: "unknown", model: null, limit: 0, chat: true, progress: null, message: "" },
  settings: { language: "auto", theme: "auto", sendKey: "enter", keepTokens: true, params: {}, system: "", sidebar: true, drawer: false },
  ui: { search: "", hits: null, editing: null, renaming: null, narrowSidebar: false, views: new Map(), details: new Set(), menu: null, help: false, draftTokens: 0, storageFailed: false },
  toasts: [],
};

let render = () => {};
let scheduled = false;
export const onChange = f => { render = f; };

/** Draws once in the next frame, however often it is called. */
export function changed() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    render();
  });
}

const revisions = new WeakMap();
export const revision = message => revisions.get(message) ?? 0;

/** A message has changed: draw it, keep it. */
export function touch(message) {
  revisions.set(message, revision(message) + 1);
  message.touched = Date.now();
  dirty.add(message);
  flushSoon();
  changed();
}

export const redraw = message => {
  revisions.set(message, revision(message) + 1);
  changed();
};

/** The open conversation; the settings lie over it. */
export const currentId = () => state.route.id;
export const current = () => state.conversations.get(currentId()) ?? null;
export const thread = id => state.threads.get(id) ?? new Map();

// ---- what is kept

const dirty = new Set();
let timer = 0;

function flushSoon() {
  timer ||= setTimeout(() => { timer = 0; flush(); }, 1000);
}

export async function flush() {
  if (!dirty.size) return;
  const items = [...dirty];
  dirty.clear();
  await save({
    messages: items.filter(x => x.conversation),
    conversations: items.filter(x => !x.conversation),
  });
}

async function save(what) {
  try {
    await db.write(what);
    if (state.ui.storageFailed) {
      state.ui.storageFailed = false;
      changed();
    }
    tell({ messages: (what.messages ?? []).map(m => [m.conversation, m.id]), conversations: (what.conversations ?? []).map(c => c.id),
      dropMessages: what.dropMessages, dropConversations: what.dropConversations });
  } catch {
    for (const x of [...what.messages ?? [], ...what.conversations ?? []]) dirty.add(x); // tried again with the next change
    state.ui.storageFailed = true;
    changed();
  }
}

export function touchConversation(conversation, { updated = false } = {}) {
  if (updated) conversation.updated = Date.now();
  dirty.add(conversation);
  flushSoon();
  changed();
}

addEventListener("pagehide", flush);
document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });

// ---- other tabs: last write wins, message by message

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("chuan") : null;
const tell = what => channel?.postMessage(what);

if (channel) {
  channel.onmessage = async ({ data }) => {
    for (const id of data.dropConversations ?? []) forget(id);
    for (const id of data.dropMessages ?? []) for (const messages of state.threads.values()) messages.delete(id);
    for (const id of data.conversations ?? []) {
      const c = await db.conversation(id);
      if (c) state.conversations.set(id, Object.assign(state.conversations.get(id) ?? {}, c));
    }
    for (const [conversation, id] of data.messages ?? []) {
      const messages = state.threads.get(conversation);
      if (!messages || state.runs.has(id)) continue;
      const found = await db.message(id);
      if (!found) continue;
      const mine = messages.get(id);
      messages.set(id, mine ? Object.assign(mine, found) : found);
      redraw(messages.get(id));
      if (!found.finish && found.role === "assistant") setTimeout(() => redraw(messages.get(id)), STALE + 500);
    }
    if (data.settings) loadSettings();
    changed();
  };
}

/** An answer without an end that nobody has written to for this long was interrupted. */
const STALE = 3000;
export const isLive = message => state.runs.has(message.id)
  || (message.role === "assistant" && !message.finish && Date.now() - (message.touched ?? 0) < STALE);

// ---- conversations

export async function load(id) {
  if (!id || state.threads.has(id)) return;
  const messages = new Map();
  for (const m of await db.messagesOf(id)) messages.set(m.id, m);
  if (!state.threads.has(id)) state.threads.set(id, messages);
  for (const m of messages.values()) if (isLive(m)) setTimeout(() => redraw(m), STALE + 500);
  for (const each of [...state.threads.keys()].slice(0, -6)) {
    const busy = [...state.runs.values()].some(r => r.message.conversation === each);
    if (each !== id && !busy) state.threads.delete(each);
  }
  changed();
}

export function newConversation({ title, system, params } = {}) {
  const now = Date.now();
  const conversation = { id: newId(now), title: title ?? "", created: now, updated: now, leaf: null, system: system ?? "", params: { ...params } };
  state.conversations.set(conversation.id, conversation);
  state.threads.set(conversation.id, new Map());
  touchConversation(conversation);
  navigator.storage?.persist?.().catch(() => {});
  return conversation;
}

export function addMessage(conversation, message) {
  const made = { id: newId(), conversation: conversation.id, created: Date.now(), ...message };
  thread(conversation.id).set(made.id, made);
  goTo(conversation, made.id);
  touchConversation(conversation, { updated: true });
  touch(made);
  return made;
}

/** Shows another end of the tree; each branch that is left remembers where it was left. */
export function goTo(conversation, leaf) {
  const messages = thread(conversation.id);
  const siblings = branches(messages);
  const branching = pathTo(messages, conversation.leaf).filter(m => siblings.get(m.parent ?? null).length > 1);
  if (branching.length) conversation.shown = { ...conversation.shown, ...Object.fromEntries(branching.map(m => [m.id, conversation.leaf])) };
  conversation.leaf = leaf;
  touchConversation(conversation);
}

function forget(id) {
  state.conversations.delete(id);
  state.threads.delete(id);
}

/** Gone from the page at once, from the disk when the notice with its "undo" is gone. */
export async function deleteConversation(id) {
  const conversation = state.conversations.get(id);
  if (!conversation) return;
  await load(id);
  const messages = thread(id);
  forget(id);
  if (currentId() === id) location.hash = "#/";
  toast(t("removed", conversation.title || t("newChat")), {
    undo: () => {
      state.conversations.set(id, conversation);
      state.threads.set(id, messages);
      location.hash = `#/c/${id}`;
    },
    end: () => save({ dropConversations: [id], dropMessages: [...messages.keys()] }),
  });
}

export function deleteMessage(message) {
  const conversation = state.conversations.get(message.conversation);
  const messages = thread(message.conversation);
  const before = conversation.leaf;
  const ids = subtree(messages, message.id);
  conversation.leaf = leafWithout(messages, message.id);
  const gone = ids.map(id => messages.get(id));
  for (const id of ids) messages.delete(id);
  touchConversation(conversation);
  toast(t("removedMessage"), {
    undo: () => {
      for (const m of gone) messages.set(m.id, m);
      conversation.leaf = before;
      touchConversation(conversation);
    },
    end: () => save({ dropMessages: ids }),
  });
}

export async function deleteEverything() {
  const ids = [...state.conversations.keys()];
  const messages = (await db.allMessages()).map(m => m.id);
  ids.forEach(forget);
  dirty.clear();
  await save({ dropConversations: ids, dropMessages: messages });
  location.hash = "#/";
  changed();
}

/** Whole conversations from a file; ids that exist already are made anew, nothing is overwritten. */
export async function addConversations(list) {
  for (const { conversation, messages } of list) {
    const used = new Set((await db.allMessages()).map(m => m.id));
    const clash = state.conversations.has(conversation.id) || messages.some(m => used.has(m.id));
    if (clash) {
      const renamed = new Map(messages.map(m => [m.id, newId()]));
      conversation.id = newId();
      conversation.leaf = renamed.get(conversation.leaf) ?? null;
      if (conversation.from) conversation.from = renamed.get(conversation.from);
      for (const m of messages) Object.assign(m, { id: renamed.get(m.id), parent: renamed.get(m.parent) ?? null });
    }
    for (const m of messages) m.conversation = conversation.id;
    await save({ conversations: [conversation], messages });
    state.conversations.set(conversation.id, conversation);
  }
  changed();
}

// ---- search through titles and texts

let searching = 0;
export async function search(text) {
  state.ui.search = text;
  const mine = ++searching;
  const wanted = text.trim().toLowerCase();
  if (!wanted) {
    state.ui.hits = null;
    return changed();
  }
  const hits = new Map();
  for (const c of state.conversations.values()) if (c.title.toLowerCase().includes(wanted)) hits.set(c.id, "");
  changed();
  await flush();
  const messages = await db.allMessages();
  if (mine !== searching) return;
  for (const m of messages) {
    if (hits.has(m.conversation) || typeof m.content !== "string") continue;
    const at = m.content.toLowerCase().indexOf(wanted);
    if (at >= 0) hits.set(m.conversation, m.content.slice(Math.max(0, at - 16), at + 60).replace(/\s+/g, " "));
  }
  state.ui.hits = hits;
  changed();
}

// ---- notices

export function toast(text, { undo, end } = {}) {
  const item = { id: newId(), text, undo, end };
  item.timer = setTimeout(() => dismiss(item), undo ? 8000 : 4000);
  state.toasts.push(item);
  if (state.toasts.length > 3) dismiss(state.toasts[0]);
  changed();
}

export function dismiss(item, undone = false) {
  clearTimeout(item.timer);
  if (!state.toasts.includes(item)) return;
  state.toasts = state.toasts.filter(x => x !== item);
  if (undone) item.undo?.();
  else item.end?.();
  changed();
}

addEventListener("pagehide", () => { for (const item of [...state.toasts]) item.end?.(); });

// ---- settings

const SETTINGS = "chuan.settings";
const KEY = "chuan.key";

const stored = f => {
  try {
    return f();
  } catch {
    return null; // storage may be forbidden
  }
};

export function loadSettings() {
  const found = stored(() => JSON.parse(localStorage.getItem(SETTINGS)));
  if (found && typeof found === "object") Object.assign(state.settings, found);
  applySettings();
}

export function setSettings(values) {
  Object.assign(state.settings, values);
  stored(() => localStorage.setItem(SETTINGS, JSON.stringify(state.settings)));
  applySettings();
  tell({ settings: true });
  changed();
}

function applySettings() {
  const { theme } = state.settings;
  setLanguage(state.settings.language === "auto" ? fromBrowser() : state.settings.language);
  document.documentElement.dataset.theme = theme;
  document.title = language() === "zh" ? "川 Chuan" : "Chuan 川";
}

export const apiKey = () => stored(() => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY)) ?? "";
export const keyRemembered = () => stored(() => localStorage.getItem(KEY)) !== null;

export function setApiKey(value, remember) {
  stored(() => {
    sessionStorage.removeItem(KEY);
    localStorage.removeItem(KEY);
    if (value) (remember ? localStorage : sessionStorage).setItem(KEY, value);
  });
  api.setKey(value);
}

export async function start() {
  loadSettings();
  api.setKey(apiKey());
  state.fresh = { system: state.settings.system, params: { ...state.settings.params }, draft: stored(() => sessionStorage.getItem("chuan.draft")) ?? "" };
  for (const c of await db.conversations()) state.conversations.set(c.id, c);
  state.temporary = !(await db.persistent());
  state.ready = true;
  changed();
}

/** What is typed but not sent, in a conversation or, without an id, in the next new one. */
export function setDraft(id, text) {
  const conversation = state.conversations.get(id);
  if (conversation) {
    conversation.draft = text;
    touchConversation(conversation);
  } else if (!id) {
    state.fresh.draft = text;
    stored(() => sessionStorage.setItem("chuan.draft", text.slice(0, 1_000_000)));
  }
}

// ---- the server: how it is, asked often while it is not ready

let poll = 0;
export async function watchServer() {
  clearTimeout(poll);
  const before = state.server.phase;
  try {
    const health = await api.health();
    const phase = ["loading", "draining", "failed"].includes(health.status) ? health.status : health.http === 200 ? "ready" : "gone";
    Object.assign(state.server, { phase, progress: { done: health.loaded_bytes, total: health.total_bytes }, message: health.message ?? "" });
    if (phase === "ready" && (before !== "ready" || !state.server.model)) await readModel();
  } catch {
    state.server.phase = "gone";
  }
  if (state.server.phase !== before || state.server.phase === "loading") changed();
  const wait = state.server.phase === "ready" ? 30_000 : state.server.phase === "loading" ? 500 : 2000;
  poll = setTimeout(watchServer, document.hidden ? Math.max(wait, 10_000) : wait);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) watchServer(); });

/** A request found nobody: from now on the server is looked for. */
export function serverGone() {
  state.server.phase = "gone";
  clearTimeout(poll);
  poll = setTimeout(watchServer, 1000);
  changed();
}

async function readModel() {
  try {
    const model = (await api.get("v1/models")).data?.[0];
    if (model) Object.assign(state.server, { model: model.id, limit: model.max_model_len ?? 0, chat: model.chat !== false });
    state.server.locked = false;
  } catch (e) {
    state.server.locked = e.status === 401;
  }
  changed();
}

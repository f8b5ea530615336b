// Chats in and out: our JSON (which the terminal chat reads as well), Markdown out; llama.cpp's export
// and OpenAI message lists in. Unknown fields travel along.
import * as db from "./db.js";
import { download } from "./dom.js";
import { newId } from "./ids.js";
import { dateTime, t } from "./i18n.js";
import { addConversations, flush, PARAMS, state, toast } from "./store.js";
import { pathTo } from "./tree.js";

const TOO_LARGE = 500_000_000;

const fileName = (title, ending) => `${(title || "chuan").replace(/[\\/:*?"<>|\s\p{Cc}]+/gu, "-").slice(0, 60)}.${ending}`;

async function collect(ids) {
  await flush();
  const chats = [];
  for (const id of ids) {
    const conversation = state.conversations.get(id);
    chats.push({ ...conversation, messages: await db.messagesOf(id) });
  }
  return { format: "chuan-chat", version: 1, exported: new Date().toISOString(), conversations: chats };
}

export async function exportJson(ids, name) {
  download(fileName(name, "json"), "application/json", JSON.stringify(await collect(ids), null, 1));
}

export async function exportMarkdown(id) {
  const conversation = state.conversations.get(id);
  await flush();
  const messages = new Map((await db.messagesOf(id)).map(m => [m.id, m]));
  const parts = [`# ${conversation.title || t("newChat")}`, `_${dateTime(conversation.created)}_`];
  if (conversation.system) parts.push(`**${t("system")}**\n\n${conversation.system}`);
  for (const m of pathTo(messages, conversation.leaf)) {
    parts.push(`## ${m.role === "user" ? t("you") : m.model || t("assistant")}`, m.content);
  }
  download(fileName(conversation.title, "md"), "text/markdown", parts.join("\n\n") + "\n");
}

export function chooseFile() {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".json,application/json";
  input.multiple = true;
  input.onchange = () => importFiles([...input.files]);
  input.click();
}

export async function importFiles(files) {
  let count = 0;
  for (const file of files) {
    try {
      if (file.size > TOO_LARGE) throw new Error(t("importTooLarge"));
      const chats = parse(await file.text(), file.name.replace(/\.json$/i, ""));
      await addConversations(chats);
      count += chats.length;
    } catch (e) {
      toast(t("importBad", file.name, e instanceof SyntaxError ? t("importNotJson") : e.message));
    }
  }
  if (count) toast(t("imported", count));
}

/** Everything in a file is checked before anything is kept. */
export function parse(text, name) {
  const data = JSON.parse(text);
  if (data?.format === "chuan-chat" && Array.isArray(data.conversations)) return data.conversations.map(ours);
  if (data?.conv && Array.isArray(data.messages)) return [llamaCpp(data)];
  if (Array.isArray(data) && data.length && data.every(x => x?.conv && Array.isArray(x.messages))) return data.map(llamaCpp);
  const list = Array.isArray(data) ? data : data?.messages;
  if (Array.isArray(list) && list.length && list.every(m => typeof m?.role === "string")) return [openAi(list, data.title ?? name)];
  throw new Error(t("importUnknown"));
}

const text = value => typeof value === "string" ? value
  : Array.isArray(value) ? value.map(p => typeof p?.text === "string" ? p.text : "").join("") : "";

const time = value => Number.isFinite(value) ? value : Date.now();

const parameters = given => Object.fromEntries(Object.entries(given ?? {}).filter(([name, value]) => PARAMS.includes(name) && (name === "stop" ? typeof value === "string" : Number.isFinite(value))));

function ours({ messages, ...conversation }) {
  if (!Array.isArray(messages)) throw new Error(t("importUnknown"));
  const kept = messages.filter(m => typeof m?.id === "string" && (m.role === "user" || m.role === "assistant"));
  const ids = new Set(kept.map(m => m.id));
  for (const m of kept) {
    Object.assign(m, { content: text(m.content), parent: ids.has(m.parent) ? m.parent : null, created: time(m.created) });
    if (m.tokens && !sound(m.tokens)) delete m.tokens;
    if (m.role === "assistant") m.finish ??= "user";
  }
  return {
    conversation: { ...conversation, id: typeof conversation.id === "string" ? conversation.id : newId(), title: text(conversation.title),
      system: text(conversation.system), params: parameters(conversation.params), created: time(conversation.created),
      updated: time(conversation.updated), leaf: ids.has(conversation.leaf) ? conversation.leaf : kept.at(-1)?.id ?? null },
    messages: kept,
  };
}

const piece = value => typeof value === "string" || (Array.isArray(value) && value.every(Number.isInteger));

/** Whether the token view can show them. */
const sound = ({ ids, lp, pieces, alt }) => [ids, lp, pieces, alt].every(a => Array.isArray(a) && a.length === lp?.length)
  && lp.every(Number.isFinite) && pieces.every(piece)
  && alt.every(list => Array.isArray(list) && list.every(a => Array.isArray(a) && Number.isFinite(a[1]) && piece(a[2])));

function llamaCpp({ conv, messages }) {
  const nodes = messages.filter(m => m.role === "user" || m.role === "assistant");
  const system = messages.find(m => m.role === "system");
  const ids = new Map(nodes.map(m => [m.id, newId()]));
  const skip = new Map(messages.map(m => [m.id, m.parent]));
  const parentOf = id => id === undefined || id === null ? null : ids.get(id) ?? parentOf(skip.get(id));
  return chat(conv.name ?? "", text(system?.content), conv.lastModified,
    nodes.map(m => ({ id: ids.get(m.id), parent: parentOf(m.parent), role: m.role, content: text(m.content), created: time(m.timestamp), model: m.model })),
    ids.get(conv.currNode));
}

function openAi(list, title) {
  const system = list.filter(m => m.role === "system" || m.role === "developer").map(m => text(m.content)).join("\n");
  let parent = null;
  const messages = list.filter(m => m.role === "user" || m.role === "assistant").map(m => {
    const made = { ...m, id: newId(), parent, content: text(m.content), created: Date.now() };
    parent = made.id;
    return made;
  });
  return chat(title, system, Date.now(), messages, parent);
}

function chat(title, system, updated, messages, leaf) {
  for (const m of messages) if (m.role === "assistant") m.finish ??= "stop";
  return {
    conversation: { id: newId(), title: text(title), system, params: {}, created: time(messages[0]?.created), updated: time(updated), leaf: leaf ?? messages.at(-1)?.id ?? null },
    messages,
  };
}

// IndexedDB in a few lines. Where there is none (private windows of some browsers), the page works
// from memory and says so.

const memory = { conversations: new Map(), messages: new Map() };
let opened;

const promise = request => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

export function open() {
  opened ??= new Promise(resolve => {
    let request;
    try {
      request = indexedDB.open("chuan", 1);
    } catch {
      return resolve(null);
    }
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("conversations", { keyPath: "id" });
      db.createObjectStore("messages", { keyPath: "id" }).createIndex("conversation", "conversation");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  });
  return opened;
}

export const persistent = async () => await open() !== null;

async function read(name, ask, fallback) {
  const db = await open();
  if (!db) return fallback();
  return promise(ask(db.transaction(name).objectStore(name)));
}

/** All puts and deletes in one transaction: either everything is there afterwards or nothing. */
export async function write({ conversations = [], messages = [], dropConversations = [], dropMessages = [] }) {
  const db = await open();
  if (!db) {
    for (const c of conversations) memory.conversations.set(c.id, structuredClone(c));
    for (const m of messages) memory.messages.set(m.id, structuredClone(m));
    for (const id of dropConversations) memory.conversations.delete(id);
    for (const id of dropMessages) memory.messages.delete(id);
    return;
  }
  const names = [];
  if (conversations.length || dropConversations.length) names.push("conversations");
  if (messages.length || dropMessages.length) names.push("messages");
  if (!names.length) return;
  const transaction = db.transaction(names, "readwrite");
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
  const table = name => transaction.objectStore(name);
  for (const c of conversations) table("conversations").put(c);
  for (const id of dropConversations) table("conversations").delete(id);
  for (const m of messages) table("messages").put(m);
  for (const id of dropMessages) table("messages").delete(id);
  await done;
}

export const conversations = () => read("conversations", t => t.getAll(), () => [...memory.conversations.values()]);

export const messagesOf = id => read("messages", t => t.index("conversation").getAll(id),
  () => [...memory.messages.values()].filter(m => m.conversation === id));

export const message = id => read("messages", t => t.get(id), () => memory.messages.get(id));

export const conversation = id => read("conversations", t => t.get(id), () => memory.conversations.get(id));

export const allMessages = () => read("messages", t => t.getAll(), () => [...memory.messages.values()]);

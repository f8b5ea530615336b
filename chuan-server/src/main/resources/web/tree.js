// A conversation is a tree of messages: editing a question or asking again makes a branch. Pure
// functions over a Map from id to message; a message knows its parent.

/** Children of `parent` (null = the beginnings), oldest first. */
export function childrenOf(messages, parent) {
  const found = [];
  for (const m of messages.values()) if ((m.parent ?? null) === parent) found.push(m);
  return found.sort((a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** From the beginning to `leaf`. A parent that is missing (or a circle) ends the walk. */
export function pathTo(messages, leaf) {
  const path = [];
  const seen = new Set();
  for (let m = messages.get(leaf); m && !seen.has(m.id); m = messages.get(m.parent)) {
    seen.add(m.id);
    path.push(m);
  }
  return path.reverse();
}

/** Of every message: its place among its siblings and their ids, in one pass over all. */
export function branches(messages) {
  const byParent = new Map();
  for (const m of messages.values()) {
    const key = m.parent ?? null;
    if (!byParent.has(key)) byParent.set(key, []);
    byParent.get(key).push(m.id);
  }
  for (const ids of byParent.values()) ids.sort();
  return byParent;
}

/** The newest end below `id`. */
export function leafBelow(messages, id) {
  const byParent = branches(messages);
  const seen = new Set();
  for (;;) {
    const below = byParent.get(id);
    if (!below?.length || seen.has(id)) return id;
    seen.add(id);
    id = below[below.length - 1];
  }
}

/** `id` and all that hangs below it. */
export function subtree(messages, id) {
  const byParent = branches(messages);
  const ids = new Set([id]);
  for (const each of ids) for (const child of byParent.get(each) ?? []) ids.add(child);
  return [...ids];
}

/** Where the conversation ends after `id` and all below it are gone. */
export function leafWithout(messages, id) {
  const message = messages.get(id);
  const siblings = childrenOf(messages, message?.parent ?? null).filter(m => m.id !== id);
  if (siblings.length) return leafBelow(messages, siblings[siblings.length - 1].id);
  return message?.parent ?? null;
}

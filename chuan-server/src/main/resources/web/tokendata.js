// The tokens of an answer, kept small: ids, log-probabilities in thousandths, alternatives. A piece
// is its text, or its bytes where these are no whole characters.

export const emptyTokens = () => ({ ids: [], lp: [], pieces: [], alt: [], chosen: [] });

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const bytesOf = piece => typeof piece === "string" ? encoder.encode(piece) : Uint8Array.from(piece);

function pieceOf({ token, bytes }) {
  if (!Array.isArray(bytes)) return token ?? "";
  try {
    return strict.decode(Uint8Array.from(bytes));
  } catch {
    return bytes;
  }
}

const thousandths = value => Math.max(-9_999_000, Math.round((value ?? 0) * 1000));

/** One entry of OpenAI's `logprobs.content`; `id` is an extra of ours (and of llama.cpp). */
export function addEntry(tokens, entry) {
  tokens.ids.push(entry.id ?? null);
  tokens.lp.push(thousandths(entry.logprob));
  tokens.pieces.push(pieceOf(entry));
  tokens.alt.push((entry.top_logprobs ?? []).map(a => [a.id ?? null, thousandths(a.logprob), pieceOf(a)]));
  if (entry.forced) (tokens.forced ??= []).push(tokens.lp.length - 1);
}

/** All ids of an answer, or null if one is unknown or the text was changed since. */
export function idsOf(message) {
  const tokens = message.tokens;
  if (!tokens?.ids.length || tokens.ids.some(id => id === null)) return null;
  return textOf(tokens.pieces).trimStart() === message.content.trimStart() ? tokens.ids : null;
}

export function textOf(pieces) {
  const all = pieces.map(bytesOf);
  const joined = new Uint8Array(all.reduce((n, b) => n + b.length, 0));
  let at = 0;
  for (const b of all) {
    joined.set(b, at);
    at += b.length;
  }
  // a character that is not complete yet is held back, as the server does
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(joined, { stream: true });
}

/** What an answer is up to token `index`, with `alternative` ([id, lp, piece]) in its place. */
export function prefix(message, index, alternative) {
  const old = message.tokens;
  const tokens = {
    ids: [...old.ids.slice(0, index), alternative[0]],
    lp: [...old.lp.slice(0, index), alternative[1]],
    pieces: [...old.pieces.slice(0, index), alternative[2]],
    alt: old.alt.slice(0, index + 1),
    chosen: [...(old.chosen ?? []).filter(i => i < index), index],
  };
  let text = textOf(tokens.pieces);
  // the blank in front of an answer is no part of its text
  if (text.startsWith(" ") && !message.content.startsWith(" ")) text = text.slice(1);
  return { text, tokens };
}

/** Mean log-probability and perplexity of what the model chose by itself. */
export function statistics(tokens) {
  const own = tokens.lp.filter((_, i) => !tokens.chosen?.includes(i));
  const mean = own.reduce((a, b) => a + b, 0) / 1000 / (own.length || 1);
  return { count: tokens.lp.length, mean, perplexity: Math.exp(-mean) };
}

/** Runs of tokens that together are whole characters: [[0], [1], [2, 3, 4], …]. */
export function groups(pieces, from = 0) {
  const found = [];
  let open = null;
  let need = 0;
  for (let i = from; i < pieces.length; i++) {
    if (typeof pieces[i] === "string" && !open) {
      found.push([i]);
      continue;
    }
    for (const b of bytesOf(pieces[i])) {
      if (need > 0 && (b & 0xc0) === 0x80) need--;
      else need = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : b >= 0xc0 ? 1 : 0;
    }
    (open ??= []).push(i);
    if (need === 0) {
      found.push(open);
      open = null;
    }
  }
  if (open) found.push(open);
  return found;
}

export const step = p => p >= 0.9 ? 5 : p >= 0.6 ? 4 : p >= 0.3 ? 3 : p >= 0.1 ? 2 : 1;

export const probability = thousandth => Math.exp(thousandth / 1000);

export const hex = piece => [...bytesOf(piece)].map(b => b.toString(16).toUpperCase().padStart(2, "0")).join(" ");

/** A piece with its blanks made visible. */
export const visible = piece => typeof piece !== "string" ? hex(piece)
  : piece === "" ? "∅" : piece.replace(/ /g, "␣").replace(/\r/g, "␍").replace(/\n/g, "⏎").replace(/\t/g, "⇥");

// Markdown to DOM: marked, with what Chinese text needs; DOMPurify over its output; no raw HTML, no
// pictures from elsewhere. <chat-text> shows a text that may still be growing.
import { Marked, Tokenizer } from "./vendor/marked.js";
import "./vendor/purify.js"; // defines DOMPurify
import { highlight } from "./highlight.js";
import { t } from "./i18n.js";

const { DOMPurify } = globalThis;

const escape = text => text.replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`);

const HARMLESS = /^<\/?(br|sub|sup|kbd|u|mark)\s*\/?>$/i;
const CJK_STOP = /[\u3000-\u303f\uff00-\uff65\u2018-\u201d\u2026]/;

// CommonMark does not let ** open or close between a letter and punctuation, which is where Chinese
// puts it: **注意：**请看, 他说**“你好”**。 Here ** opens before and closes after anything but a blank.
const strong = {
  name: "strong",
  level: "inline",
  start: source => source.indexOf("**"),
  tokenizer(source) {
    if (!source.startsWith("**")) return undefined;
    const match = /^\*\*(?![\s*])((?:\\[^]|`[^`\n]*`|\*(?!\*)|[^*`\\]|`)+?)\*\*(?!\*)/.exec(source);
    if (!match || /\s$/.test(match[1]) || /\n\s*\n/.test(match[1])) return undefined;
    return { type: "strong", raw: match[0], text: match[1], tokens: this.lexer.inlineTokens(match[1]) };
  },
};

const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: [strong],
  tokenizer: {
    // a bare address ends where Chinese punctuation begins
    url(source) {
      const end = source.search(CJK_STOP);
      return end > 0 ? Tokenizer.prototype.url.call(this, source.slice(0, end)) : false;
    },
  },
  renderer: {
    html: ({ text }) => HARMLESS.test(text.trim()) ? text : escape(text),
    image({ href, text, title }) {
      if (/^data:image\/(png|jpeg|gif|webp);base64,/i.test(href)) return `<img src="${escape(href)}" alt="${escape(text)}">`;
      return `<a href="${escape(href)}"${title ? ` title="${escape(title)}"` : ""}>${escape(text || href)}</a>`;
    },
    checkbox: ({ checked }) => checked ? "☑ " : "☐ ",
  },
});

const SAFE = {
  ALLOWED_TAGS: ["a", "b", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "kbd",
    "li", "mark", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"],
  ALLOWED_ATTR: ["href", "title", "class", "start", "align", "alt", "src"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|data:image\/(?:png|jpeg|gif|webp);base64,)/i,
  ADD_URI_SAFE_ATTR: ["align", "start"], // not addresses
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

export function toFragment(html) {
  const fragment = DOMPurify.sanitize(html, SAFE);
  for (const a of fragment.querySelectorAll("a[href]")) {
    a.rel = "noopener noreferrer";
    a.target = "_blank";
  }
  for (const table of fragment.querySelectorAll("table")) {
    const frame = document.createElement("div");
    frame.className = "table-frame";
    frame.tabIndex = 0;
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const pre of fragment.querySelectorAll("pre")) frameCode(pre);
  return fragment;
}

function frameCode(pre) {
  const code = pre.querySelector("code");
  const language = /language-([\w+#.-]+)/.exec(code?.className ?? "")?.[1] ?? "";
  if (code) code.className = "";
  const frame = document.createElement("div");
  frame.className = "code";
  frame.dataset.language = language;
  const bar = document.createElement("div");
  bar.className = "code-bar";
  const name = document.createElement("span");
  name.textContent = language || t("code");
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "code-copy";
  copy.textContent = t("copy");
  bar.append(name, copy);
  pre.tabIndex = 0;
  pre.replaceWith(frame);
  frame.append(bar, pre);
}

/** Top-level blocks of a text, each as lexed alone. */
export const lex = text => marked.lexer(text);

export const render = tokens => toFragment(marked.parser(tokens));

/** Marks that the stream has opened but not closed yet are closed, so that nothing flickers. */
export function closeTail(text) {
  const lastLine = text.slice(text.lastIndexOf("\n") + 1);
  if (/^ {0,3}(?:[-=*_#>`~|+:]+|\d{1,9}[.)]?)[ \t]*$/.test(lastLine)) text = text.slice(0, text.length - lastLine.length);
  const fences = text.match(/^ {0,3}(?:```|~~~)/gm)?.length ?? 0;
  if (fences % 2) return text;
  const block = text.slice(text.lastIndexOf("\n\n") + 1);
  let ending = "";
  const ticks = block.replace(/```/g, "").match(/`/g)?.length ?? 0;
  if (ticks % 2) ending += "`";
  else {
    const outside = block.replace(/`[^`]*`/g, "");
    if ((outside.match(/\*\*/g)?.length ?? 0) % 2) {
      if (/\*\*\s*$/.test(outside)) return text.replace(/\*\*\s*$/, "");
      ending += "**";
      text = text.replace(/\*$/, "").trimEnd();
    }
    const link = /\[[^\]\n]*\]\([^)\s]*$/.exec(text);
    if (link && !ending) return text.slice(0, link.index) + link[0].slice(1, link[0].indexOf("]"));
  }
  return text + ending;
}

const LINK_DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;
const pending = new Set();
let scheduled = false;

const nearby = new IntersectionObserver(entries => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    const element = entry.target.querySelector("chat-text") ?? (entry.target.matches("chat-text") ? entry.target : null);
    nearby.unobserve(entry.target);
    if (element) pending.add(element);
  }
  work();
}, { rootMargin: "800px 0px" });

/** Long chats: what comes near the window is rendered, a few milliseconds a frame. */
function work() {
  if (scheduled || !pending.size) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    const end = performance.now() + 4;
    for (const element of pending) {
      pending.delete(element);
      element.renderWhole();
      if (performance.now() > end) break;
    }
    work();
  });
}

const MAYBE_MARKER = /^ {0,3}(?:\d{1,9}[.)]?|[-+*])?[ \t]*$/;
const LIVE_EVERY = 66;

/**
 * `value` = {text, live}. While live, blocks that are complete keep their nodes and only the open end
 * is rendered again; otherwise the whole text is rendered once, when it comes near the window.
 */
class ChatText extends HTMLElement {
  #text = "";
  #live = false;
  #stable = 0;
  #tail = [];
  #rendered = null;
  #timer = 0;

  set value({ text, live }) {
    if (text === this.#text && live === this.#live) return;
    const grows = this.#rendered !== null && text.startsWith(this.#text);
    this.#text = text;
    this.#live = live;
    if (!grows) this.#clear();
    if (live) {
      if (!this.#timer) this.#timer = setTimeout(() => { this.#timer = 0; this.renderLive(); }, this.#rendered === null ? 0 : LIVE_EVERY);
    } else if (this.#rendered !== null) {
      this.renderWhole();
    } else if (this.isConnected) {
      this.#wait();
    }
  }

  connectedCallback() {
    if (!this.#live && this.#rendered === null) this.#wait();
  }

  disconnectedCallback() {
    pending.delete(this);
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  #wait() {
    this.textContent = this.#text;
    this.classList.add("plain");
    nearby.observe(this.closest("article") ?? this);
  }

  #clear() {
    this.replaceChildren();
    this.#stable = 0;
    this.#tail = [];
    this.#rendered = null;
  }

  renderLive() {
    if (!this.#live) return;
    if (this.#rendered === null) {
      this.#clear();
      this.classList.remove("plain");
      this.#rendered = "";
    }
    for (const node of this.#tail) node.remove();
    const open = this.#text.slice(this.#stable);
    const tokens = lex(open);
    // the last block may still grow, and what looks like a paragraph "2" may become a list's next item
    let last = tokens.length - 1;
    const back = () => { while (last > 0 && tokens[last].type === "space") last--; };
    back();
    if (last > 0 && MAYBE_MARKER.test(tokens[last].raw)) {
      last--;
      back();
    }
    let done = 0;
    for (let i = 0; i < last; i++) done += tokens[i].raw.length;
    // the lexer normalises tabs and line ends: only lengths that lead to the same text are trusted
    if (last > 0 && open.startsWith(tokens.slice(0, last).map(x => x.raw).join(""))) {
      const fragment = render(tokens.slice(0, last));
      highlight(fragment);
      this.append(fragment);
      this.#stable += done;
    }
    const tail = render(lex(closeTail(this.#text.slice(this.#stable))));
    this.#tail = [...tail.childNodes];
    this.append(tail);
    this.#rendered = this.#text;
  }

  renderWhole() {
    if (this.#rendered !== null && this.#stable > 0 && !LINK_DEFINITION.test(this.#text)) {
      // the end of a stream: only the tail is new
      for (const node of this.#tail) node.remove();
      const fragment = render(lex(this.#text.slice(this.#stable)));
      highlight(fragment);
      this.append(fragment);
    } else {
      const fragment = render(lex(this.#text));
      highlight(fragment);
      this.replaceChildren(fragment);
    }
    this.classList.remove("plain");
    this.#tail = [...this.childNodes];
    this.#stable = 0;
    this.#rendered = this.#text;
  }
}

customElements.define("chat-text", ChatText);

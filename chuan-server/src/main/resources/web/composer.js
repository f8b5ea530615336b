// The message field. Its text belongs to the browser; the store only hears of it when typing pauses.
import { html, nothing } from "./vendor/lit/lit-html.js";
import { tokenize } from "./api.js";
import { canSend, liveSpeed, runningIn, sendMessage, stop } from "./chat.js";
import { ctrl, icon, iconButton, isNarrow } from "./dom.js";
import { bytes, number, t } from "./i18n.js";
import { edit, grow, speedText } from "./messages.js";
import { changed, current, currentId, setDraft, state, thread } from "./store.js";
import { pathTo } from "./tree.js";

export const field = () => document.getElementById("message");

let justComposed = false;
let draftTimer = 0;
let countTimer = 0;
let counting = null;
let shownFor;

const TOO_LONG_TO_COUNT = 200_000;

/** A text field of a megabyte is slow in every browser: long pastes lie beside it until they are sent. */
const LONG_PASTE = 20_000;
const pastes = new Map();
const pasted = () => pastes.get(currentId() ?? "new") ?? [];

function setPasted(list) {
  pastes.set(currentId() ?? "new", list);
  changedText();
  changed();
}

function paste(e) {
  const text = e.clipboardData?.getData("text/plain") ?? "";
  if (text.length < LONG_PASTE) return;
  e.preventDefault();
  setPasted([...pasted(), text]);
}

const pastesView = () => pasted().length === 0 ? nothing : html`
  <ul class="pastes" aria-label=${t("pasted")}>${pasted().map((text, i) => html`
    <li>${icon("text")}<span>${t("pasted")} · ${bytes(text.length)}<span class="quiet">${text.slice(0, 60)}</span></span>
      ${iconButton("close", `${t("remove")}: ${t("pasted")}`, () => setPasted(pasted().filter((_, j) => j !== i)), { extra: "tight" })}</li>`)}
  </ul>`;

export function send(typed = field().value) {
  const text = [typed, ...pasted()].filter(x => x.trim()).join("\n\n");
  if (!text.trim() || !canSend() || runningIn(current())) return;
  dropDraft();
  setDraft(currentId(), "");
  field().value = "";
  setPasted([]);
  sendMessage(text);
  changedText();
  dispatchEvent(new Event("chat-sent"));
}

export function fill(text) {
  field().value = text;
  field().focus();
  field().setSelectionRange(text.length, text.length);
  changedText();
  dropDraft();
  setDraft(currentId(), text);
}

function changedText() {
  const area = field();
  grow(area);
  const filled = area.value.trim() !== "" || pasted().length > 0;
  if (filled !== state.ui.filled) {
    state.ui.filled = filled;
    changed();
  }
  clearTimeout(countTimer);
  countTimer = setTimeout(count, 600);
}

async function count() {
  counting?.abort();
  const text = field()?.value ?? "";
  if (!text || !canSend() || text.length > TOO_LONG_TO_COUNT) {
    if (state.ui.draftTokens) {
      state.ui.draftTokens = 0;
      changed();
    }
    return;
  }
  counting = new AbortController();
  try {
    state.ui.draftTokens = (await tokenize(text, counting.signal)).length;
    changed();
  } catch { /* only a number */ }
}

function input() {
  changedText();
  clearTimeout(draftTimer);
  draftTimer = setTimeout(keepDraft, 500);
}

function dropDraft() {
  clearTimeout(draftTimer);
  draftTimer = 0;
}

/** Notes what was typed since, if anything was, for the conversation that the field belongs to. */
function keepDraft() {
  if (!draftTimer) return;
  dropDraft();
  setDraft(shownFor === "new" ? null : shownFor, field().value);
}

/** Enter must not send while an input method is composing, nor just after (Safari's order of events). */
function keydown(e) {
  if (e.isComposing || e.keyCode === 229 || justComposed) return;
  if (e.key === "Enter") {
    const control = e.ctrlKey || e.metaKey;
    const sends = state.settings.sendKey === "ctrl" ? control : !e.shiftKey && !e.altKey && !(isNarrow() && matchMedia("(pointer: coarse)").matches && !control);
    if (sends) {
      e.preventDefault();
      send();
    }
  } else if (e.key === "ArrowUp" && e.currentTarget.value === "" && current()) {
    const path = pathTo(thread(currentId()), current().leaf);
    const last = path.findLast(m => m.role === "user");
    if (last && !runningIn(current())) {
      e.preventDefault();
      edit(last);
    }
  }
}

/** The field shows the draft of whichever conversation is open. */
export function showDraft() {
  const area = field();
  if (!area || !state.ready) return;
  const id = currentId();
  if (shownFor === (id ?? "new")) return;
  keepDraft();
  shownFor = id ?? "new";
  area.value = current()?.draft ?? (id ? "" : state.fresh.draft);
  state.ui.draftTokens = 0;
  changedText();
  if (!isNarrow()) area.focus();
}

// ---- the context gauge

export function contextUse(conversation) {
  const limit = state.server.limit;
  if (!limit) return null;
  const path = conversation ? pathTo(thread(conversation.id), conversation.leaf) : [];
  const last = path.findLast(m => m.role === "assistant" && m.usage);
  const run = runningIn(conversation);
  const used = (last?.usage.prompt_tokens ?? 0) + (last?.usage.completion_tokens ?? 0) + (run?.count ?? 0);
  const cached = last?.usage.prompt_tokens_details?.cached_tokens ?? last?.timings?.cache_n ?? 0;
  return { used, cached, limit, draft: state.ui.draftTokens, share: Math.min(1, (used + state.ui.draftTokens) / limit) };
}

function gauge(conversation) {
  const use = contextUse(conversation);
  if (!use) return nothing;
  const label = t("contextUse", number(use.used), number(use.limit), number(use.cached)) + (use.draft ? `\n${t("contextDraft", number(use.draft))}` : "");
  const length = 2 * Math.PI * 9;
  const arc = share => `${(Math.min(1, share) * length).toFixed(2)} ${length.toFixed(2)}`;
  const level = use.share > 0.95 ? "full" : use.share > 0.8 ? "high" : "";
  return html`
    <span class=${"gauge " + level} title=${label} role="meter" aria-label=${t("context")} aria-valuemin="0" aria-valuemax=${use.limit}
      aria-valuenow=${Math.min(use.limit, use.used + use.draft)} aria-valuetext=${label} tabindex="0">
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle class="track" cx="12" cy="12" r="9"></circle>
        <circle class="draft" cx="12" cy="12" r="9" stroke-dasharray=${arc((use.used + use.draft) / use.limit)}></circle>
        <circle class="used" cx="12" cy="12" r="9" stroke-dasharray=${arc(use.used / use.limit)}></circle>
        <circle class="cached" cx="12" cy="12" r="9" stroke-dasharray=${arc(Math.min(use.cached, use.used) / use.limit)}></circle>
      </svg>
      <span class="gauge-number">${number(use.used + use.draft)}<span class="quiet">/${number(use.limit)}</span></span>
    </span>`;
}

export function composerView() {
  const conversation = current();
  const run = runningIn(conversation);
  const speed = liveSpeed(run);
  const hint = state.settings.sendKey === "ctrl" ? t("sendHintCtrl", ctrl) : t("sendHint");
  return html`
    <form class="composer" aria-label=${t("message")} @submit=${e => { e.preventDefault(); send(); }}>
      ${pastesView()}
      <textarea id="message" rows="1" dir="auto" placeholder=${t("placeholder")} aria-label=${t("message")} autocomplete="off" enterkeyhint=${state.settings.sendKey === "ctrl" ? "enter" : "send"}
        @input=${input} @keydown=${keydown} @paste=${paste} @compositionend=${() => { justComposed = true; setTimeout(() => { justComposed = false; }); }}></textarea>
      <div class="composer-bar">
        ${gauge(conversation)}
        <span class="space"></span>
        ${speed ? html`<span class="speed">${speedText(speed)}</span>` : html`<span class="hint">${hint}</span>`}
        ${run ? html`<button type="button" class="round stop" title=${t("stop")} aria-label=${t("stop")} @click=${() => stop(run.message)}>${icon("stop")}</button>`
          : html`<button type="submit" class="round" title=${t("send")} aria-label=${t("send")} ?disabled=${!state.ui.filled || !canSend()}>${icon("send")}</button>`}
      </div>
    </form>`;
}

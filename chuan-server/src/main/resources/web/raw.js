// Raw text: prompt and continuation in one field, without any chat format; its tokens below.
import { html, nothing } from "./vendor/lit/lit-html.js";
import * as api from "./api.js";
import { canSend, parameters } from "./chat.js";
import { icon } from "./dom.js";
import { t } from "./i18n.js";
import { speedText } from "./messages.js";
import { changed, state, toast } from "./store.js";
import { emptyTokens, textOf } from "./tokendata.js";
import { randomSeed } from "./ids.js";

const raw = { text: "", start: 0, tokens: null, run: null, speed: 0 };

const field = () => document.getElementById("raw");

const lowest = -9999;

/** Completions name their tokens by text only: alternatives have no ids, a branch goes on from the text. */
function addTokens({ tokens = [], token_logprobs: lp = [], top_logprobs: top = [] }) {
  tokens.forEach((piece, i) => {
    raw.tokens.ids.push(null);
    raw.tokens.lp.push(Math.round((lp[i] ?? lowest) * 1000));
    raw.tokens.pieces.push(piece);
    raw.tokens.alt.push(Object.entries(top[i] ?? {}).sort((a, b) => b[1] - a[1]).map(([text, value]) => [null, Math.round(value * 1000), text]));
  });
}

export async function run(text = field().value) {
  if (raw.run || !canSend()) return;
  raw.text = text;
  raw.start = text.length;
  raw.tokens = emptyTokens();
  const run = raw.run = { controller: new AbortController(), count: 0, first: 0 };
  changed();
  const area = field();
  try {
    const body = { model: state.server.model ?? "default", prompt: text, max_tokens: state.fresh.params.max_tokens ?? 128, logprobs: 5,
      ...parameters({ seed: randomSeed(), ...state.fresh.params }) };
    for await (const chunk of api.stream("v1/completions", body, run.controller.signal)) {
      const choice = chunk.choices?.[0];
      if (!choice) continue;
      run.first ||= performance.now();
      run.count++;
      raw.text += choice.text ?? "";
      if (choice.logprobs) addTokens(choice.logprobs);
      const atEnd = area.scrollHeight - area.clientHeight - area.scrollTop < 8;
      area.value = raw.text;
      if (atEnd) area.scrollTop = area.scrollHeight;
      changed();
    }
  } catch (e) {
    if (e.name !== "AbortError") toast(e.status > 0 && e.message || t(e.status === -1 ? "cutByServer" : "errorUnreachable"));
  } finally {
    raw.speed = run.count > 1 ? run.count / ((performance.now() - run.first) / 1000) : 0;
    raw.run = null;
    changed();
  }
}

export const stopRaw = () => raw.run?.controller.abort();

function branch(index, alternative) {
  const pieces = [...raw.tokens.pieces.slice(0, index), alternative[2]];
  const text = raw.text.slice(0, raw.start) + textOf(pieces);
  field().value = text;
  run(text);
}

export function rawView() {
  const changedByHand = () => {
    if (raw.tokens) raw.tokens = null;
    raw.text = field().value;
    changed();
  };
  return html`
    <section class="raw-page" aria-label=${t("rawTitle")}>
      <p class="quiet">${t("rawHint")}</p>
      <textarea id="raw" dir="auto" spellcheck="false" aria-label=${t("rawText")} placeholder=${t("rawPlaceholder")} ?readonly=${!!raw.run} .value=${raw.text} @input=${changedByHand}
        @keydown=${e => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && !e.isComposing) { e.preventDefault(); run(); } }}></textarea>
      <div class="row">
        ${raw.run ? html`<button type="button" class="button" @click=${stopRaw}>${icon("stop")}${t("stop")}</button>`
          : html`<button type="button" class="button primary" ?disabled=${!canSend()} @click=${() => run()}>${icon("on")}${t("rawRun")}</button>`}
        <button type="button" class="button" ?disabled=${!!raw.run || !raw.tokens || raw.text.length === raw.start} @click=${() => { raw.text = raw.text.slice(0, raw.start); raw.tokens = null; changed(); }}>${t("rawUndo")}</button>
        <span class="space"></span><span class="speed">${speedText(raw.run ? 0 : raw.speed)}</span>
      </div>
      ${raw.tokens?.lp.length ? html`<chat-tokens .value=${{ tokens: raw.tokens, branch: raw.run || !canSend() ? null : branch }}></chat-tokens>` : nothing}
    </section>`;
}

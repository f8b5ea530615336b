// The token view: every piece of an answer, coloured and underlined by its probability; a card with the
// alternatives, each of which starts another branch. <chat-tokens> appends while an answer grows.
import { html, nothing, render } from "./vendor/lit/lit-html.js";
import { download } from "./dom.js";
import { number, percent, t } from "./i18n.js";
import { bytesOf, groups, hex, probability, statistics, step, textOf, visible } from "./tokendata.js";

let card;
let shown = null;

function cardElement() {
  if (card) return card;
  card = document.createElement("div");
  card.className = "token-card";
  card.id = "token-card";
  card.hidden = true;
  card.addEventListener("keydown", e => {
    if (e.key === "Escape") {
      shown?.span.focus();
      hide();
      e.stopPropagation();
    } else if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      const buttons = [...card.querySelectorAll("button")];
      const at = buttons.indexOf(document.activeElement) + (e.key === "ArrowDown" ? 1 : -1);
      buttons[(at + buttons.length) % buttons.length]?.focus();
      e.preventDefault();
    }
  });
  card.addEventListener("pointerleave", () => { if (!shown?.pinned) hideSoon(); });
  card.addEventListener("pointerenter", () => clearTimeout(hiding));
  document.body.append(card);
  addEventListener("pointerdown", e => { if (shown && !e.target.closest("#token-card, chat-tokens")) hide(); });
  addEventListener("scroll", () => { if (shown && !shown.pinned) hide(); }, { capture: true, passive: true });
  return card;
}

let hiding = 0;
const hideSoon = () => { hiding = setTimeout(hide, 150); };

function hide() {
  clearTimeout(hiding);
  if (!shown) return;
  shown.span.classList.remove("shown");
  shown = null;
  card.hidden = true;
}

function show(span, source, pinned) {
  clearTimeout(hiding);
  const element = cardElement();
  shown?.span.classList.remove("shown");
  const index = Number(span.dataset.i);
  shown = { span, pinned };
  span.classList.add("shown");
  render(cardView(source, index), element);
  for (const bar of element.querySelectorAll("[data-p]")) bar.style.inlineSize = `${100 * bar.dataset.p}%`;
  element.hidden = false;
  const box = span.getClientRects()[0] ?? span.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left), innerWidth - element.offsetWidth - 8);
  const below = box.bottom + 6;
  const top = below + element.offsetHeight > innerHeight - 8 ? Math.max(8, box.top - element.offsetHeight - 6) : below;
  element.style.left = `${left}px`;
  element.style.top = `${top}px`;
}

function cardView({ tokens, branch }, i) {
  const p = probability(tokens.lp[i]);
  const alternatives = tokens.alt[i];
  const same = a => tokens.ids[i] !== null && a[0] !== null ? a[0] === tokens.ids[i] : visible(a[2]) === visible(tokens.pieces[i]);
  const rank = alternatives.findIndex(same) + 1;
  return html`
    <div class="token-head"><code>${visible(tokens.pieces[i])}</code><strong>${percent(p)}</strong></div>
    <dl>
      <div><dt>${t("tokenId")}</dt><dd>${tokens.ids[i] ?? "–"}</dd></div>
      <div><dt>${t("tokenRank")}</dt><dd>${rank || (alternatives.length ? t("tokenRankBeyond", alternatives.length) : "–")}</dd></div>
      <div><dt>UTF-8</dt><dd>${hex(tokens.pieces[i]) || "–"}</dd></div>
    </dl>
    ${tokens.chosen?.includes(i) ? html`<p>${t("tokenChosen")}</p>` : tokens.forced?.includes(i) ? html`<p>${t("tokenForced")}</p>` : nothing}
    ${alternatives.length ? html`
      <p class="quiet">${t("tokenAlternatives")}</p>
      <ol aria-label=${t("tokenAlternatives")}>${alternatives.map(a => html`
        <li><button type="button" ?disabled=${same(a) || !branch} title=${t("tokenFrom", visible(a[2]))}
          class=${same(a) ? "same" : ""} @click=${() => { hide(); branch(i, a); }}>
          <code>${visible(a[2])}</code><span class="bar"><i data-p=${probability(a[1])}></i></span><span>${percent(probability(a[1]))}</span></button></li>`)}
      </ol>` : nothing}`;
}

class ChatTokens extends HTMLElement {
  #source = null;
  #groups = 0;
  #body = null;
  #head = null;
  #focus = 0;

  /** `{message, branch(message, index, alternative) | null}` or `{tokens, branch(index, alternative)}` */
  set value({ message, tokens = message?.tokens, branch, text = message?.content }) {
    const bound = branch && message ? (i, a) => branch(message, i, a) : branch;
    const fresh = this.#source?.tokens !== tokens;
    this.#source = { tokens, branch: bound };
    if (fresh || !tokens) {
      this.replaceChildren();
      this.#groups = 0;
      this.#body = null;
    }
    if (!tokens) {
      const note = document.createElement("div");
      note.className = "note";
      note.textContent = t("tokensNone");
      const plain = document.createElement("div");
      plain.className = "raw-text";
      plain.textContent = text ?? "";
      this.replaceChildren(note, plain);
      return;
    }
    this.#build();
    this.#append(tokens);
    const { count, mean, perplexity } = statistics(tokens);
    this.#head.textContent = t("tokensSummary", number(count), number(mean, 2), number(perplexity, 2));
  }

  #build() {
    if (this.#body) return;
    this.#head = document.createElement("p");
    this.#head.className = "token-summary";
    const legend = document.createElement("p");
    legend.className = "token-legend";
    legend.append(t("tokensLegend") + " ");
    for (const [s, label] of [[5, "≥ 90 %"], [4, "60–90"], [3, "30–60"], [2, "10–30"], [1, "< 10"]]) {
      const mark = document.createElement("span");
      mark.className = `token p${s}`;
      mark.textContent = label;
      legend.append(mark, " ");
    }
    this.#body = document.createElement("div");
    this.#body.className = "token-text";
    this.#body.setAttribute("role", "group");
    this.#body.setAttribute("aria-label", `${t("viewTokens")}. ${t("tokensHelp")}`);
    this.append(this.#head, legend, this.#body);
    const at = e => e.target.closest?.(".token[data-i]");
    this.#body.addEventListener("pointerover", e => {
      const span = at(e);
      if (span && e.pointerType === "mouse" && !shown?.pinned) show(span, this.#source, false);
    });
    this.#body.addEventListener("pointerout", e => { if (e.pointerType === "mouse" && shown && !shown.pinned) hideSoon(); });
    this.#body.addEventListener("click", e => {
      const span = at(e);
      if (!span) return;
      this.#move(Number(span.dataset.i));
      show(span, this.#source, true);
    });
    this.#body.addEventListener("keydown", e => this.#keydown(e));
    this.#body.addEventListener("focusin", e => { if (at(e) && at(e).matches(":focus-visible")) show(at(e), this.#source, false); });
    this.#body.addEventListener("focusout", e => { if (!e.relatedTarget?.closest("#token-card") && !shown?.pinned) hide(); });
  }

  #append(tokens) {
    const found = groups(tokens.pieces);
    // an open group at the end may have got more members
    while (this.#body.childElementCount > Math.max(0, this.#groups - 1)) this.#body.lastElementChild.remove();
    this.#groups = Math.max(0, this.#groups - 1);
    for (const group of found.slice(this.#groups)) {
      this.#body.append(group.length === 1 && typeof tokens.pieces[group[0]] === "string" ? this.#span(tokens, group[0]) : this.#joined(tokens, group));
    }
    this.#groups = found.length;
    this.#body.querySelector(".token")?.setAttribute("tabindex", "0");
  }

  #span(tokens, i) {
    const span = document.createElement("span");
    span.className = `token p${step(probability(tokens.lp[i]))}${tokens.chosen?.includes(i) ? " chosen" : ""}${tokens.forced?.includes(i) ? " forced" : ""}`;
    span.dataset.i = i;
    span.tabIndex = -1;
    span.setAttribute("role", "button");
    const piece = tokens.pieces[i];
    if (typeof piece !== "string") span.textContent = hex(piece);
    else if (piece === "") span.textContent = "∅";
    else span.textContent = piece.replace(/\n/g, "⏎\n").replace(/\t/g, "⇥\t");
    if (typeof piece === "string" && /^\s+$/.test(piece)) span.classList.add("blank");
    span.setAttribute("aria-label", `${visible(piece)} ${percent(probability(tokens.lp[i]))}`);
    return span;
  }

  /** The bytes of one character, side by side under it. */
  #joined(tokens, group) {
    const frame = document.createElement("span");
    frame.className = "joined";
    const character = document.createElement("span");
    character.className = "character";
    character.textContent = textOf(group.map(i => tokens.pieces[i])) || "…";
    const parts = document.createElement("span");
    parts.className = "parts";
    parts.append(...group.map(i => this.#span(tokens, i)));
    frame.append(character, parts);
    return frame;
  }

  #move(i) {
    this.querySelector('.token[tabindex="0"][data-i]')?.setAttribute("tabindex", "-1");
    this.#focus = i;
    const span = this.querySelector(`.token[data-i="${i}"]`);
    span?.setAttribute("tabindex", "0");
    return span;
  }

  #keydown(e) {
    const i = Number(e.target.dataset?.i);
    if (Number.isNaN(i)) return;
    const last = this.#source.tokens.lp.length - 1;
    const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: last }[e.key];
    if (to !== undefined && to >= 0 && to <= last && !e.altKey) {
      this.#move(to)?.focus();
      e.preventDefault();
    } else if (e.key === "Enter" || e.key === " ") {
      show(e.target, this.#source, true);
      card.querySelector("button:not([disabled])")?.focus();
      e.preventDefault();
    } else if (e.key === "Escape" && shown) {
      hide();
      e.stopPropagation();
    }
  }

  disconnectedCallback() {
    if (shown && this.contains(shown.span)) hide();
  }
}

customElements.define("chat-tokens", ChatTokens);

export function exportTokens(message) {
  const { tokens } = message;
  const entry = (id, lp, piece) => ({ id, text: typeof piece === "string" ? piece : null, bytes: [...bytesOf(piece)], logprob: lp / 1000 });
  download("tokens.json", "application/json", JSON.stringify({
    format: "chuan-tokens", version: 1, model: message.model, text: message.content,
    tokens: tokens.lp.map((lp, i) => ({ ...entry(tokens.ids[i], lp, tokens.pieces[i]),
      chosen: !!tokens.chosen?.includes(i), top: tokens.alt[i].map(a => entry(...a)) })),
  }, null, 1));
}

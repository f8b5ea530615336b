// The chat column: one article a message, on the shown branch only.
import { html, nothing } from "./vendor/lit/lit-html.js";
import { repeat } from "./vendor/lit/directives/repeat.js";
import { guard } from "./vendor/lit/directives/guard.js";
import "./markdown.js";
import "./tokens.js";
import { branchFrom, canSend, continueAnswer, dropOldest, droppable, editMessage, liveSpeed, regenerate, retry, showBranch,
  startWithSummary, stop } from "./chat.js";
import { copyText, ctrl, icon, iconButton } from "./dom.js";
import { bytes, dateTime, language, number, seconds, t } from "./i18n.js";
import { openMenu } from "./menu.js";
import { presets, starters } from "./presets.js";
import { changed, deleteMessage, isLive, redraw, revision, state } from "./store.js";
import { exportTokens } from "./tokens.js";
import { branches, pathTo } from "./tree.js";

// ---- an empty chat

export const emptyView = actions => html`
  <section class="empty" aria-label=${t("newChat")}>
    <div class="mark">${icon("logo")}</div>
    <h1>${t("greeting")}</h1>
    <p class="quiet">${t("greetingLine")}</p>
    <h2 class="visually-hidden">${t("tryThese")}</h2>
    <div class="presets">
      ${presets().map(p => html`
        <button type="button" class="preset" @click=${() => actions.fill(p.text)}>
          ${icon(p.icon)}<span class="preset-title">${p.title}</span><span class="preset-text">${p.text.split("\n")[0]}</span>
        </button>`)}
    </div>
    <div class="starters">
      ${starters().map(s => html`<button type="button" class="chip" ?disabled=${!canSend()} @click=${() => actions.send(s)}>${s}</button>`)}
    </div>
  </section>`;

// ---- a conversation

export function threadView(conversation, messages) {
  const path = pathTo(messages, conversation.leaf);
  const siblings = branches(messages);
  const from = conversation.from ? path.findIndex(m => m.id === conversation.from) : -1;
  const last = path.length - 1;
  return html`
    <div class="thread">
      ${repeat(path, m => m.id, (m, i) => {
        const among = siblings.get(m.parent ?? null) ?? [m.id];
        const editing = state.ui.editing === m.id;
        const view = state.ui.views.get(m.id) ?? "markdown";
        const details = state.ui.details.has(m.id);
        const run = state.runs.get(m.id);
        return html`
          ${i === from && from > 0 ? droppedLine(conversation) : nothing}
          ${guard([m, revision(m), among.join(), editing, view, details, isLive(m), i === last, i < from, language(), canSend(), state.ui.summarising, run?.phase],
            () => messageView({ m, among, editing, view, details, run, conversation, path, isLast: i === last, unsent: i < from }))}`;
      })}
    </div>`;
}

const droppedLine = conversation => html`
  <div class="divider" role="note"><span>${t("dropped")}</span>
    <button type="button" class="link" @click=${() => dropOldest(conversation, null)}>${t("dropUndo")}</button></div>`;

function messageView(c) {
  const { m, editing, isLast, unsent } = c;
  const mine = m.role === "user";
  return html`
    <article class=${`message ${mine ? "user" : "assistant"} ${isLast ? "last" : ""} ${unsent ? "unsent" : ""} ${isLive(m) ? "live" : ""}`}
      data-id=${m.id} aria-busy=${isLive(m) ? "true" : "false"}>
      <h2 class="visually-hidden">${mine ? t("youSay") : t("assistantSays")}</h2>
      ${editing ? editView(m) : mine ? bubble(m) : answerView(c)}
      ${editing ? nothing : footer(c)}
    </article>`;
}

const LONG = 6000;

function bubble(m) {
  const whole = m.content.length <= LONG || state.ui.views.get(m.id) === "all";
  return html`<div class="bubble" dir="auto">${whole ? m.content : m.content.slice(0, LONG - 2000) + "…"}${whole ? nothing : html`<button type="button" class="link" @click=${() => setView(m, "all")}>${t("showAll", bytes(m.content.length))}</button>`}</div>`;
}

function answerView({ m, view, run, conversation, path }) {
  const live = isLive(m);
  return html`
    ${m.content ? view === "tokens" ? html`<chat-tokens .value=${{ message: m, revision: revision(m), branch: canSend() ? branchFrom : null }}></chat-tokens>`
      : view === "raw" ? html`<div class="raw-text" dir="auto">${m.content}</div>`
      : html`<chat-text class="prose" dir="auto" .value=${{ text: m.content, live }}></chat-text>`
      : nothing}
    ${run ? phaseView(m, run) : live && !m.content ? html`<div class="status"><span class="dots" aria-hidden="true"></span></div>` : nothing}
    ${!live ? endView(m, conversation, path) : nothing}`;
}

function phaseView(m, run) {
  if (run.phase === "text") return nothing;
  if (run.phase === "queue") return html`<div class="status">${dots()}${run.place > 0 ? t("phaseQueue", number(run.place)) : t("phaseQueueNext")}</div>`;
  if (run.phase === "retry") return html`<div class="status warn">${icon("warn")}${t("phaseRetry", number(run.left))}</div>`;
  if (run.phase === "prompt" && run.progress.total > 64) {
    const { processed, total, cache = 0 } = run.progress;
    return html`<div class="status"><progress max=${total} value=${Math.max(processed, cache)} aria-label=${t("phasePrompt", processed, total)}></progress>
      ${t("phasePrompt", number(processed), number(total))}</div>`;
  }
  return html`<div class="status">${dots()}<span class="visually-hidden">${t("phaseWaiting")}</span></div>`;
}

const dots = () => html`<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>`;

/** How an answer ended, where that is worth a line, and what can be done about it. */
function endView(m, conversation, path) {
  const ready = canSend();
  const on = html`<button type="button" class="button small" ?disabled=${!ready} @click=${() => continueAnswer(m)}>${icon("on")}${t("continueAnswer")}</button>`;
  if (m.error) return errorView(m, conversation, path, on);
  if (m.finish === "length") return html`<div class="note">${t("cutByLength")} ${on}</div>`;
  if (m.finish === "user") return html`<div class="note">${t("cutByUser")} ${m.content ? on : nothing}</div>`;
  if (!m.finish && m.role === "assistant") return html`<div class="note">${t("cutByReload")} ${m.content ? on : again(m)}</div>`;
  if (!m.content) return html`<div class="note">${t("emptyAnswer")}</div>`;
  return nothing;
}

const again = m => html`<button type="button" class="button small" ?disabled=${!canSend()} @click=${() => retry(m)}>${icon("again")}${t("retry")}</button>`;

function errorView(m, conversation, path, on) {
  const { kind, tokens, limit, text } = m.error;
  if (kind === "context") {
    const { count, from } = droppable(conversation, path.slice(0, -1), tokens, limit);
    return html`
      <div class="card error" role="alert">
        <p><strong>${limit ? t("contextFull", number(tokens), number(limit)) : t("contextFullShort")}</strong></p>
        <div class="row">
          ${count ? html`<button type="button" class="button" ?disabled=${!canSend()} @click=${() => { dropOldest(conversation, from); retry(m); }}>${icon("again")}${t("dropOldest", count)}</button>` : nothing}
          <button type="button" class="button" ?disabled=${!canSend() || state.ui.summarising} @click=${() => startWithSummary(conversation, limit)}>
            ${icon("new")}${state.ui.summarising ? t("summarising") : t("newWithSummary")}</button>
        </div>
      </div>`;
  }
  const line = kind === "unreachable" ? t("errorUnreachable") : kind === "broken" ? t("cutByServer") : kind === "key" ? t("errorKey")
    : kind === "stream" ? `${t("errorStream")}: ${text ?? ""}` : String(text ?? t("errorTitle"));
  return html`
    <div class="card error" role="alert"><p>${icon("warn")}<span>${line}</span></p>
      <div class="row">${kind === "key" ? html`<a class="button small" href="#/settings">${icon("gear")}${t("settings")}</a>` : nothing}
        ${m.content ? on : nothing}${again(m)}</div></div>`;
}

// ---- below a message

function footer(c) {
  const { m, among, view, details, isLast } = c;
  if (isLive(m)) {
    const run = state.runs.get(m.id);
    return html`<div class="actions live-actions">${run?.phase === "text" ? html`<span class="speed">${speedText(liveSpeed(run))}</span>` : nothing}</div>`;
  }
  const mine = m.role === "user";
  const at = among.indexOf(m.id);
  return html`
    <div class="actions" role="group" aria-label=${mine ? t("youSay") : t("assistantSays")}>
      ${among.length > 1 ? branchSwitch(m, among, at) : nothing}
      ${iconButton("copy", t("copy"), () => copyText(m.content))}
      ${iconButton("edit", t("edit"), () => edit(m))}
      ${mine ? nothing : html`
        ${iconButton("again", t("regenerate"), () => regenerate(m), { disabled: !canSend() })}
        ${iconButton("tokens", t("viewTokens"), () => setView(m, view === "tokens" ? "markdown" : "tokens"), { pressed: view === "tokens" })}
        ${iconButton("info", t("details"), () => toggleDetails(m), { pressed: details })}`}
      ${iconButton("more", t("more"), e => moreMenu(e.currentTarget, c))}
      ${!mine && isLast && m.timings?.predicted_per_second ? html`<span class="speed">${speedText(m.timings.predicted_per_second)}</span>` : nothing}
    </div>
    ${details && !mine ? detailsView(m) : nothing}`;
}

export const speedText = speed => speed > 0 ? t("tokensPerSecond", number(speed, speed < 20 ? 1 : 0)) : "";

function branchSwitch(m, among, at) {
  const go = step => showBranch({ ...m, id: among[at + step] });
  return html`
    <span class="branches" role="group" aria-label=${t("branchOf", at + 1, among.length)}>
      ${iconButton("left", t("previousBranch"), () => go(-1), { disabled: at === 0, extra: "tight" })}
      <span>${at + 1}/${among.length}</span>
      ${iconButton("right", t("nextBranch"), () => go(1), { disabled: at === among.length - 1, extra: "tight" })}
    </span>`;
}

function moreMenu(button, { m, view }) {
  const items = [];
  if (m.role === "assistant") {
    items.push({ icon: "text", label: view === "raw" ? t("viewMarkdown") : t("viewRaw"), run: () => setView(m, view === "raw" ? "markdown" : "raw") });
    if (m.content && canSend()) items.push({ icon: "on", label: t("continueAnswer"), run: () => continueAnswer(m) });
    if (m.tokens) items.push({ icon: "download", label: t("tokensExport"), run: () => exportTokens(m) });
  }
  items.push({ icon: "trash", label: t("remove"), danger: true, run: () => deleteMessage(m) });
  openMenu(button, t("more"), items);
}

function setView(m, view) {
  state.ui.views.set(m.id, view);
  redraw(m);
}

function toggleDetails(m) {
  if (!state.ui.details.delete(m.id)) state.ui.details.add(m.id);
  redraw(m);
}

function detailsView(m) {
  const { usage = {}, timings = {} } = m;
  const cached = usage.prompt_tokens_details?.cached_tokens ?? timings.cache_n ?? 0;
  const params = Object.entries(m.params ?? {}).filter(([, v]) => v !== "" && v !== null && v !== undefined).map(([k, v]) => `${t(k === "stop" ? "stopText" : k)} ${v}`);
  const rows = [
    [t("detailModel"), m.model],
    [t("detailTime"), dateTime(m.created)],
    [t("detailPrompt"), usage.prompt_tokens !== undefined && `${t("tokenCount", number(usage.prompt_tokens))}${cached ? ` (${t("detailCached")} ${number(cached)})` : ""}`],
    [t("detailOutput"), usage.completion_tokens !== undefined && t("tokenCount", number(usage.completion_tokens))],
    [t("detailFirst"), m.first !== undefined && seconds(m.first)],
    [t("detailSpeedPrompt"), timings.prompt_per_second && speedText(timings.prompt_per_second)],
    [t("detailSpeed"), timings.predicted_per_second && speedText(timings.predicted_per_second)],
    [t("detailFinish"), m.finish && t("finish_" + (["stop", "length", "tool_calls", "content_filter", "user", "error", "edited"].includes(m.finish) ? m.finish : "stop"))],
    [t("detailParams"), params.join(", ")],
  ];
  return html`<dl class="details">${rows.filter(r => r[1]).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

// ---- editing in place

export function edit(m) {
  state.ui.editing = m.id;
  changed();
  requestAnimationFrame(() => { // after the drawing, in the same frame
    const area = document.querySelector(`article[data-id="${m.id}"] textarea`);
    area?.focus();
    area?.setSelectionRange(area.value.length, area.value.length);
    if (area) grow(area);
  });
}

export function grow(area, most = innerHeight * 0.4) {
  if (area.value.length > 20_000) {
    area.style.height = `${most}px`;
    return;
  }
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight, most)}px`;
}

function editView(m) {
  const end = () => {
    state.ui.editing = null;
    redraw(m);
  };
  const saveIt = e => {
    const text = e.currentTarget.closest(".editor").querySelector("textarea").value;
    end();
    if (text.trim() && (text !== m.content || m.role === "user")) editMessage(m, text);
  };
  const keydown = e => {
    if (e.isComposing || e.keyCode === 229) return;
    if (e.key === "Escape") {
      end();
      e.stopPropagation();
    } else if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) saveIt(e);
  };
  return html`
    <div class="editor">
      <textarea aria-label=${t("edit")} rows="2" dir="auto" @keydown=${keydown} @input=${e => grow(e.currentTarget)} .value=${m.content}></textarea>
      <div class="row"><span class="quiet">${t("editHint")}</span><span class="space"></span>
        <button type="button" class="button small" @click=${end}>${t("cancel")}</button>
        <button type="button" class="button small primary" ?disabled=${m.role === "user" && !canSend()} title=${`${ctrl}+Enter`} @click=${saveIt}>${m.role === "user" ? t("saveSend") : t("saveOnly")}</button>
      </div>
    </div>`;
}

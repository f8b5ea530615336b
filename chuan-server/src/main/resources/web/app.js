// The page: what is where, and which part of it the address names.
import { html, nothing, render } from "./vendor/lit/lit-html.js";
import { canSend, startWithSummary } from "./chat.js";
import { composerView, contextUse, field, fill, send, showDraft } from "./composer.js";
import { copyText, icon, iconButton, isNarrow } from "./dom.js";
import { bytes, t } from "./i18n.js";
import "./keys.js";
import { menuView } from "./menu.js";
import { emptyView, threadView } from "./messages.js";
import { paramsView } from "./params.js";
import { rawView } from "./raw.js";
import { Follower } from "./scroll.js";
import { helpView, settingsView, syncDialogs } from "./settings.js";
import { sidebarOpen, sidebarView, toggleSidebar } from "./sidebar.js";
import { changed, current, dismiss, load, onChange, setSettings, start, state, watchServer } from "./store.js";
import { importFiles } from "./transfer.js";

const follower = new Follower(changed);
let shown;
let before = "#/";

function route() {
  const [name, id] = location.hash.replace(/^#\/?/, "").split("/");
  if (name === "settings") state.route = { ...state.route, name: "settings", id: state.route.id };
  else if (name === "raw") state.route = { name: "raw", id: null };
  else if (name === "c" && id) state.route = { name: "chat", id };
  else state.route = { name: "chat", id: null };
  if (name !== "settings") before = location.hash || "#/";
  state.ui.editing = null;
  state.ui.narrowSidebar = false;
  if (state.ready && state.route.id && !state.conversations.has(state.route.id)) {
    location.replace("#/");
    return;
  }
  load(state.route.id);
  changed();
}

/** What lies behind the settings stays what it was. */
function behind() {
  if (state.route.name !== "settings") return state.route.name;
  return before.startsWith("#/raw") ? "raw" : "chat";
}

// ---- the line above the chat: the server's state, only if it is worth a line

function serverBanner() {
  const { phase, progress, message, chat, locked } = state.server;
  if (phase === "loading") {
    const known = progress?.total > 0;
    return html`
      <div class="banner loading" role="status"><strong>${t("serverLoading")}</strong>
        ${known ? html`<progress max=${progress.total} value=${progress.done} aria-label=${t("serverLoading")}></progress>
          <span class="quiet">${t("serverLoadingLine", bytes(progress.done), bytes(progress.total))}</span>` : html`<progress aria-label=${t("serverLoading")}></progress>`}
        <span class="quiet">${t("serverLoadingWait")}</span></div>`;
  }
  const line = phase === "gone" ? t("serverGone") : phase === "draining" ? t("serverDraining") : phase === "failed" ? t("serverFailed", message) : "";
  if (line) return html`<div class="banner warn" role="status">${icon("warn")}<span>${line}</span></div>`;
  if (locked) return html`<div class="banner warn" role="status">${icon("warn")}<span>${t("errorKey")}</span><a class="button small" href="#/settings">${t("settings")}</a></div>`;
  if (!chat && behind() === "chat") return html`<div class="banner" role="status">${icon("info")}<span>${t("baseModel")}</span><a class="button small" href="#/raw">${t("rawMode")}</a></div>`;
  return nothing;
}

function storageBanner() {
  if (state.ui.storageFailed) return html`<div class="banner warn" role="status">${icon("warn")}<span>${t("errorStorage")}</span></div>`;
  if (state.temporary) return html`<div class="banner" role="status">${icon("info")}<span>${t("noStorage")}</span></div>`;
  return nothing;
}

function contextBanner(conversation) {
  const use = contextUse(conversation);
  if (!conversation || !use || use.share < 0.85) return nothing;
  return html`
    <div class="context-warning" role="status">${icon("warn")}<span>${t("contextNearlyFull", Math.round(use.share * 100))}</span>
      <button type="button" class="button small" ?disabled=${!canSend() || state.ui.summarising} @click=${() => startWithSummary(conversation, use.limit)}>
        ${state.ui.summarising ? t("summarising") : t("newWithSummary")}</button></div>`;
}

function header(conversation) {
  const { phase, model } = state.server;
  const raw = behind() === "raw";
  return html`
    <header class="top">
      ${sidebarOpen() && !isNarrow() ? nothing : iconButton("sidebar", t("openSidebar"), () => toggleSidebar(true))}
      ${sidebarOpen() && !isNarrow() ? nothing : html`<a class="icon-button" href="#/" title=${t("newChat")} aria-label=${t("newChat")}>${icon("new")}</a>`}
      <div class="top-title" dir="auto">${raw ? t("rawTitle") : conversation?.title ?? ""}</div>
      <span class=${"server " + phase} title=${phase === "ready" ? t("serverReady") : ""}><i aria-hidden="true"></i><span>${model ?? ""}</span></span>
      ${iconButton("sliders", t("parameters"), () => setSettings({ drawer: !state.settings.drawer }), { pressed: state.settings.drawer })}
    </header>`;
}

const toasts = () => html`
  <div class="toasts" role="status">${state.toasts.map(item => html`
    <div class="toast"><span>${item.text}</span>${item.undo ? html`<button type="button" class="link" @click=${() => dismiss(item, true)}>${t("undo")}</button>` : nothing}
      ${iconButton("close", t("close"), () => dismiss(item), { extra: "tight" })}</div>`)}</div>`;

function page() {
  const conversation = current();
  const raw = behind() === "raw";
  const messages = conversation && state.threads.get(conversation.id);
  const empty = !conversation?.leaf;
  const narrow = isNarrow();
  return html`
    <button type="button" class="skip" @click=${() => (field() ?? document.getElementById("raw"))?.focus()}>${t("skip")}</button>
    <div class=${`app ${sidebarOpen() ? "with-sidebar" : ""} ${state.settings.drawer ? "with-drawer" : ""} ${empty && !raw ? "is-empty" : ""}`}>
      ${sidebarView()}
      ${narrow && (state.ui.narrowSidebar || state.settings.drawer) ? html`<div class="scrim" @click=${() => { state.ui.narrowSidebar = false; setSettings({ drawer: false }); }}></div>` : nothing}
      <main class="main">
        ${header(conversation)}
        ${serverBanner()}${storageBanner()}
        ${raw ? html`<div class="scroll">${rawView()}</div>` : html`
          <div id="scroll" class="scroll" tabindex="-1"><div id="column" class="column">
            ${empty ? emptyView({ fill, send }) : messages ? threadView(conversation, messages) : nothing}
          </div></div>
          <div class="bottom">
            ${follower.following || empty ? nothing : html`<button type="button" class="to-end" @click=${() => follower.toEnd()}>${icon("down")}<span>${t("newText")}</span></button>`}
            ${contextBanner(conversation)}
            ${composerView()}
            <p class="disclaimer">${t("disclaimer")}</p>
          </div>`}
      </main>
      ${paramsView()}
    </div>
    ${menuView()}${toasts()}
    ${settingsView(() => { if (location.hash.startsWith("#/settings")) location.hash = before; })}
    ${helpView()}`;
}

onChange(() => {
  render(page(), document.getElementById("app"));
  syncDialogs();
  showDraft();
  const scroll = document.getElementById("scroll");
  follower.attach(scroll, document.getElementById("column"));
  const id = current()?.id ?? null;
  if (scroll && state.threads.has(id) && shown !== id) {
    shown = id;
    follower.toEnd();
  } else if (!id && state.route.name === "chat") shown = null;
});

addEventListener("hashchange", route);
addEventListener("resize", changed);
addEventListener("chat-sent", () => follower.toEnd());

document.addEventListener("click", e => {
  const button = e.target.closest?.(".code-copy");
  if (button) copyText(button.closest(".code").querySelector("pre").textContent);
});

// a chat file dropped anywhere is imported
addEventListener("dragover", e => { if (e.dataTransfer?.types.includes("Files")) e.preventDefault(); });
addEventListener("drop", e => {
  if (!e.dataTransfer?.files.length) return;
  e.preventDefault();
  importFiles([...e.dataTransfer.files]);
});

route();
await start();
route();
watchServer();

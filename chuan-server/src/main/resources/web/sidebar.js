// The list of conversations: by date, or what a search found.
import { html, nothing } from "./vendor/lit/lit-html.js";
import { repeat } from "./vendor/lit/directives/repeat.js";
import { icon, iconButton, isNarrow } from "./dom.js";
import { t } from "./i18n.js";
import { openMenu } from "./menu.js";
import { changed, currentId, deleteConversation, search, setSettings, state, touchConversation } from "./store.js";
import { chooseFile, exportJson, exportMarkdown } from "./transfer.js";

export const sidebarOpen = () => isNarrow() ? state.ui.narrowSidebar : state.settings.sidebar;

export function toggleSidebar(open = !sidebarOpen()) {
  if (isNarrow()) {
    state.ui.narrowSidebar = open;
    if (open) state.settings.drawer = false;
    changed();
  } else setSettings({ sidebar: open });
}

function groupsOf(list) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const day = 86_400_000;
  const name = c => c.updated >= midnight ? "today" : c.updated >= midnight - day ? "yesterday" : c.updated >= midnight - 6 * day ? "week" : "older";
  const found = new Map();
  for (const c of list) {
    if (!found.has(name(c))) found.set(name(c), []);
    found.get(name(c)).push(c);
  }
  return found;
}

function item(c) {
  const shown = c.id === currentId();
  const title = c.title || t("newChat");
  const busy = [...state.runs.values()].some(r => r.message.conversation === c.id);
  if (state.ui.renaming === c.id) return renameField(c);
  const snippet = state.ui.hits?.get(c.id);
  return html`
    <li class=${"conversation" + (shown ? " shown" : "")}>
      <a href=${"#/c/" + c.id} aria-current=${shown ? "page" : nothing} title=${title} @click=${() => { state.ui.narrowSidebar = false; changed(); }}>
        <span class="conversation-title" dir="auto">${title}</span>
        ${snippet ? html`<span class="snippet">${snippet}</span>` : nothing}
      </a>
      ${busy ? html`<span class="busy" aria-hidden="true"></span>` : nothing}
      ${iconButton("more", `${t("more")}: ${title}`, e => itemMenu(e.currentTarget, c), { extra: "tight" })}
    </li>`;
}

const itemMenu = (button, c) => openMenu(button, c.title, [
  { icon: "edit", label: t("rename"), run: () => { state.ui.renaming = c.id; changed(); requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("rename")?.select())); } },
  { icon: "download", label: t("exportJson"), run: () => exportJson([c.id], c.title) },
  { icon: "text", label: t("exportMarkdown"), run: () => exportMarkdown(c.id) },
  { icon: "trash", label: t("remove"), danger: true, run: () => deleteConversation(c.id) },
]);

function renameField(c) {
  const end = value => {
    if (state.ui.renaming !== c.id) return;
    state.ui.renaming = null;
    if (value !== undefined && value.trim()) c.title = value.trim();
    touchConversation(c);
  };
  return html`<li class="conversation"><input id="rename" aria-label=${t("rename")} .value=${c.title} @blur=${e => end(e.target.value)}
    @keydown=${e => { if (e.isComposing) return; if (e.key === "Enter") end(e.target.value); if (e.key === "Escape") { end(); e.stopPropagation(); } }}></li>`;
}

export function sidebarView() {
  const open = sidebarOpen();
  const hits = state.ui.hits;
  const list = [...state.conversations.values()].filter(c => !hits || hits.has(c.id)).sort((a, b) => b.updated - a.updated);
  return html`
    <nav id="sidebar" class="sidebar" aria-label=${t("conversations")} ?inert=${!open}>
      <div class="sidebar-head">
        <a class="brand" href="#/" title=${t("newChat")}>${icon("logo")}<span>Chuan</span></a>
        <span class="space"></span>
        ${iconButton("sidebar", t("closeSidebar"), () => toggleSidebar(false))}
      </div>
      <a class="new-chat" href="#/" @click=${() => { state.ui.narrowSidebar = false; changed(); }}>${icon("new")}<span>${t("newChat")}</span></a>
      <label class="search">${icon("search")}<span class="visually-hidden">${t("search")}</span>
        <input id="search" type="search" placeholder=${t("search")} .value=${state.ui.search} @input=${e => search(e.target.value)}
          @keydown=${e => { if (e.key === "Escape" && e.target.value) { search(""); e.stopPropagation(); } }}></label>
      <div class="conversations" tabindex="-1">
        ${!list.length && state.ready ? html`<p class="quiet empty-list">${hits ? t("searchNone") : t("noConversations")}</p>` : nothing}
        ${[...groupsOf(list)].map(([name, members]) => html`
          <h2>${t(name)}</h2>
          <ul>${repeat(members, c => c.id, item)}</ul>`)}
      </div>
      <div class="sidebar-foot">
        <a class="foot-link" href="#/raw" aria-current=${state.route.name === "raw" ? "page" : nothing} @click=${() => { state.ui.narrowSidebar = false; changed(); }}>${icon("raw")}<span>${t("rawMode")}</span></a>
        <a class="foot-link" href="#/settings">${icon("gear")}<span>${t("settings")}</span></a>
        ${iconButton("more", t("more"), e => openMenu(e.currentTarget, t("more"), [
          { icon: "upload", label: t("importFile"), run: chooseFile },
          { icon: "download", label: t("exportAll"), run: () => exportJson([...state.conversations.keys()], "chuan-" + new Date().toISOString().slice(0, 10)) },
          { icon: "keyboard", label: t("keyboard"), run: () => { state.ui.help = true; changed(); } },
        ]))}
      </div>
    </nav>`;
}

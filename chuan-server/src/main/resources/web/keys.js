// Keys that work everywhere on the page.
import { runningIn, showBranch, stop } from "./chat.js";
import { field } from "./composer.js";
import { isMac } from "./dom.js";
import { closeMenu } from "./menu.js";
import { stopRaw } from "./raw.js";
import { toggleSidebar, sidebarOpen } from "./sidebar.js";
import { changed, current, setSettings, state, thread } from "./store.js";
import { branches, pathTo } from "./tree.js";

const typing = target => target.matches?.("textarea, input:not([type=range]):not([type=checkbox]):not([type=radio])");

/** The branch switch that Alt+arrow means: of the focused message, else the last one that has any. */
function moveBranch(step) {
  const conversation = current();
  if (!conversation || runningIn(conversation)) return;
  const messages = thread(conversation.id);
  const siblings = branches(messages);
  const path = pathTo(messages, conversation.leaf);
  const focused = document.activeElement?.closest?.("article[data-id]")?.dataset.id;
  const has = m => (siblings.get(m.parent ?? null) ?? []).length > 1;
  const m = path.find(x => x.id === focused && has(x)) ?? path.findLast(has);
  if (!m) return;
  const among = siblings.get(m.parent ?? null);
  const to = among[among.indexOf(m.id) + step];
  if (to) showBranch(messages.get(to));
}

addEventListener("keydown", e => {
  if (e.isComposing || e.keyCode === 229 || e.defaultPrevented) return;
  const control = isMac ? e.metaKey : e.ctrlKey;
  const key = e.key.toLowerCase();
  const act = f => {
    e.preventDefault();
    f();
  };
  if (control && key === "k") {
    act(() => {
      if (!sidebarOpen()) toggleSidebar(true);
      requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("search")?.select()));
    });
  } else if (e.ctrlKey && e.shiftKey && key === "o") act(() => { location.hash = "#/"; field()?.focus(); });
  else if (control && key === "b" && !e.shiftKey) act(() => toggleSidebar());
  else if (control && key === ".") act(() => setSettings({ drawer: !state.settings.drawer }));
  else if (e.altKey && !typing(e.target) && (e.key === "ArrowLeft" || e.key === "ArrowRight")) act(() => moveBranch(e.key === "ArrowLeft" ? -1 : 1));
  else if (e.altKey && e.target === field() && field().value === "" && (e.key === "ArrowLeft" || e.key === "ArrowRight")) act(() => moveBranch(e.key === "ArrowLeft" ? -1 : 1));
  else if (e.key === "?" && (!typing(e.target) || (e.target === field() && field().value === "")) && !control) act(() => { state.ui.help = true; changed(); });
  else if (e.key === "Escape" && !document.querySelector("dialog[open]")) {
    if (state.ui.menu) closeMenu();
    else if (state.ui.narrowSidebar) toggleSidebar(false);
    else {
      stopRaw();
      const run = runningIn(current());
      if (run) stop(run.message);
    }
  }
});

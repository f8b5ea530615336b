// The settings and the list of keys, as dialogs.
import { html, nothing } from "./vendor/lit/lit-html.js";
import { ctrl, iconButton } from "./dom.js";
import { bytes, number, t } from "./i18n.js";
import { apiKey, changed, deleteEverything, keyRemembered, setApiKey, setSettings, state, watchServer } from "./store.js";

let storage = null;

async function measure() {
  const estimate = await navigator.storage?.estimate?.();
  storage = { usage: estimate?.usage ?? 0, persisted: await navigator.storage?.persisted?.() };
  changed();
}

const choice = (name, values) => html`
  <fieldset class="choice"><legend>${t(name)}</legend>
    <div class="segments">${values.map(([value, label]) => html`
      <label><input type="radio" name=${name} value=${value} .checked=${state.settings[name] === value} @change=${() => setSettings({ [name]: value })}><span>${label}</span></label>`)}
    </div>
  </fieldset>`;

export function settingsView(close) {
  const keep = e => setApiKey(e.currentTarget.closest(".field-group").querySelector("input[type=password]").value, e.currentTarget.closest(".field-group").querySelector("input[type=checkbox]").checked);
  return html`
    <dialog id="settings" class="dialog" aria-labelledby="settings-title" @close=${close} @click=${e => { if (e.target === e.currentTarget) e.currentTarget.close(); }}>
      <div class="dialog-body">
        <div class="dialog-head"><h2 id="settings-title">${t("settings")}</h2><span class="space"></span>${iconButton("close", t("close"), e => e.currentTarget.closest("dialog").close())}</div>
        ${choice("language", [["auto", t("themeAuto")], ["zh", "中文"], ["en", "English"]])}
        ${choice("theme", [["auto", t("themeAuto")], ["light", t("themeLight")], ["dark", t("themeDark")]])}
        ${choice("sendKey", [["enter", "Enter"], ["ctrl", `${ctrl}+Enter`]])}
        <label class="check"><input type="checkbox" .checked=${state.settings.keepTokens} @change=${e => setSettings({ keepTokens: e.target.checked })}>
          <span>${t("keepTokens")}<span class="quiet">${t("keepTokensHint")}</span></span></label>
        <form class="field-group" @submit=${e => e.preventDefault()}>
          <label class="field">${t("apiKey")}<span class="quiet">${t("apiKeyHint")}</span>
            <input type="password" autocomplete="off" .value=${apiKey()} @change=${e => { keep(e); watchServer(); }}></label>
          <label class="check"><input type="checkbox" .checked=${keyRemembered()} @change=${keep}><span>${t("apiKeyKeep")}</span></label>
        </form>
        <div class="field">${t("storage")}
          <span class="quiet">${t("storageUse", number(state.conversations.size), bytes(storage?.usage ?? 0))}<br>${storage?.persisted ? t("storagePersist") : t("storageTemporary")}</span>
          <div class="row"><button type="button" class="button small danger" ?disabled=${!state.conversations.size} @click=${() => { if (confirm(t("deleteAllAsk"))) deleteEverything(); }}>${t("deleteAll")}</button></div></div>
        <p class="quiet">${state.server.model ? html`${t("model")}: ${state.server.model}<br>` : nothing}${t("about")}</p>
      </div>
    </dialog>`;
}

export function helpView() {
  const rows = [
    [[ctrl, "K"], "keySearch"], [["Ctrl", "Shift", "O"], "keyNew"], [["Ctrl", "B"], "keySidebar"], [["Ctrl", "."], "keyParams"],
    [["Alt", "←"], ["Alt", "→"], "keyBranch"], [["Esc"], "keyStop"], [["↑"], "keyEditLast"], [["?"], "keyHelp"],
  ];
  return html`
    <dialog id="help" class="dialog" aria-labelledby="help-title" @close=${() => { state.ui.help = false; changed(); }} @click=${e => { if (e.target === e.currentTarget) e.currentTarget.close(); }}>
      <div class="dialog-body">
        <div class="dialog-head"><h2 id="help-title">${t("keyboard")}</h2><span class="space"></span>${iconButton("close", t("close"), e => e.currentTarget.closest("dialog").close())}</div>
        <dl class="keys">${rows.map(row => html`<div><dt>${t(row.at(-1))}</dt>
          <dd>${row.slice(0, -1).map((keys, i) => html`${i ? " " : nothing}${keys.map(k => html`<kbd>${k}</kbd>`)}`)}</dd></div>`)}</dl>
      </div>
    </dialog>`;
}

/** `<dialog>`s are opened by a call, not by markup. */
export function syncDialogs() {
  for (const [id, open] of [["settings", state.route.name === "settings"], ["help", state.ui.help]]) {
    const dialog = document.getElementById(id);
    if (!dialog) continue;
    if (open && !dialog.open) {
      dialog.showModal();
      if (id === "settings") measure();
    } else if (!open && dialog.open) dialog.close();
  }
}

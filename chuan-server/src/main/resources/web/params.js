// The drawer on the right: system prompt and sampling of the shown chat.
import { html, nothing } from "./vendor/lit/lit-html.js";
import { iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { changed, current, setSettings, state, toast, touchConversation } from "./store.js";

const SLIDERS = [
  ["temperature", 0, 2, 0.05, 0.3],
  ["top_p", 0.05, 1, 0.01, 0.85],
  ["top_k", 0, 100, 1, 5],
  ["min_p", 0, 0.5, 0.01, 0],
  ["repetition_penalty", 0.8, 2, 0.01, 1.1],
  ["presence_penalty", -2, 2, 0.1, 0],
  ["frequency_penalty", -2, 2, 0.1, 0],
];

/** The object whose `params` and `system` the drawer changes. */
const target = () => current() ?? state.fresh;

function set(name, value) {
  const where = target();
  where.params = { ...where.params };
  if (value === "" || value === null || Number.isNaN(value)) delete where.params[name];
  else where.params[name] = value;
  if (current()) touchConversation(where);
  changed();
}

function slider([name, min, max, step, start]) {
  const value = target().params[name];
  const given = value !== undefined;
  const label = t(name);
  const clamp = v => Number.isFinite(v) ? Math.min(max, Math.max(min, v)) : null;
  return html`
    <div class=${"param" + (given ? " given" : "")}>
      <div class="param-head"><label for=${"p-" + name}>${label}</label><span class="space"></span>
        <input id=${"p-" + name} type="number" min=${min} max=${max} step=${step} placeholder=${t("byModel")} .value=${given ? String(value) : ""}
          aria-describedby=${"h-" + name} @change=${e => { set(name, e.target.value === "" ? null : clamp(e.target.valueAsNumber)); e.target.value = target().params[name] ?? ""; }}>
        ${given ? iconButton("close", `${t("byModel")}: ${label}`, () => set(name, null), { extra: "tight" }) : nothing}
      </div>
      <input type="range" tabindex="-1" aria-hidden="true" min=${min} max=${max} step=${step} .value=${String(given ? value : start)} @input=${e => set(name, e.target.valueAsNumber)}>
      <p id=${"h-" + name} class="quiet">${t(name + "Hint")}</p>
    </div>`;
}

function whole(name, min) {
  const value = target().params[name];
  return html`
    <div class=${"param" + (value !== undefined ? " given" : "")}>
      <div class="param-head"><label for=${"p-" + name}>${t(name)}</label><span class="space"></span>
        <input id=${"p-" + name} type="number" min=${min} step="1" placeholder="–" .value=${value === undefined ? "" : String(value)} aria-describedby=${"h-" + name}
          @change=${e => set(name, e.target.value === "" ? null : Math.max(min, Math.trunc(e.target.valueAsNumber)))}></div>
      <p id=${"h-" + name} class="quiet">${t(name + "Hint")}</p>
    </div>`;
}

export function paramsView() {
  const where = target();
  const setSystem = e => {
    where.system = e.target.value;
    if (current()) touchConversation(where);
    else changed();
  };
  return html`
    <aside id="drawer" class="drawer" aria-label=${t("parameters")} ?inert=${!state.settings.drawer}>
      <div class="drawer-head"><h2>${t("parameters")}</h2><span class="space"></span>
        ${iconButton("close", t("close"), () => setSettings({ drawer: false }))}</div>
      <div class="drawer-body" tabindex="-1">
        <p class="quiet">${t("paramsScope")}</p>
        <label class="field">${t("system")}
          <textarea id="system" rows="4" dir="auto" placeholder=${t("systemHint")} .value=${where.system ?? ""} @input=${setSystem}></textarea></label>
        ${SLIDERS.map(slider)}
        ${whole("max_tokens", 1)}
        ${whole("seed", 0)}
        <label class="field">${t("stopText")}<span class="quiet">${t("stopHint")}</span>
          <textarea rows="2" .value=${where.params.stop ?? ""} @input=${e => set("stop", e.target.value)}></textarea></label>
        <div class="row wrap">
          <button type="button" class="button small" @click=${() => { where.params = {}; if (current()) touchConversation(where); changed(); }}>${t("resetAll")}</button>
          <button type="button" class="button small" @click=${() => { setSettings({ params: { ...where.params }, system: where.system ?? "" }); toast(t("asDefaultDone")); }}>${t("asDefault")}</button>
        </div>
      </div>
    </aside>`;
}

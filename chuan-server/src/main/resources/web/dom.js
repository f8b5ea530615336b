// Small things that several views use.
import { html, nothing } from "./vendor/lit/lit-html.js";
import { t } from "./i18n.js";
import { toast } from "./store.js";

export const icon = name => html`<svg class="icon" aria-hidden="true"><use href=${"#i-" + name}></use></svg>`;

/** A button that shows only an icon: its name is read out and shown as a hint. */
export const iconButton = (name, label, onclick, { pressed = null, disabled = false, extra = "" } = {}) => html`
  <button type="button" class=${"icon-button " + extra} title=${label} aria-label=${label} ?disabled=${disabled}
    aria-pressed=${pressed ?? nothing} @click=${onclick}>${icon(name)}</button>`;

export async function copyText(text) {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else if (!copyOldWay(text)) throw new Error("refused"); // plain http from another machine
    toast(t("copied"));
  } catch {
    toast(t("copyFailed"));
  }
}

function copyOldWay(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

export function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const isNarrow = () => matchMedia("(max-width: 800px)").matches;

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
export const ctrl = isMac ? "⌘" : "Ctrl";

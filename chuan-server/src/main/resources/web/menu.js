// One small menu for the whole page: opened beside a button, used with arrows, Enter and Escape.
import { html, nothing } from "./vendor/lit/lit-html.js";
import { icon } from "./dom.js";
import { changed, state } from "./store.js";

let opener = null;

/** @param items {icon, label, run, danger?, checked?}[] */
export function openMenu(button, label, items) {
  if (state.ui.menu && opener === button) return closeMenu();
  opener = button;
  const box = button.getBoundingClientRect();
  state.ui.menu = { label, items, box };
  changed();
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const menu = document.getElementById("menu");
    if (!menu) return;
    const width = menu.offsetWidth;
    const height = menu.offsetHeight;
    const left = Math.min(Math.max(8, box.right - width), innerWidth - width - 8);
    const top = box.bottom + 4 + height > innerHeight ? Math.max(8, box.top - height - 4) : box.bottom + 4;
    menu.style.left = `${left}px`;
    menu.style.top = `${top}px`;
    menu.querySelector("button")?.focus();
  }));
}

export function closeMenu() {
  if (!state.ui.menu) return;
  state.ui.menu = null;
  changed();
  if (opener?.isConnected) opener.focus();
}

function keydown(e) {
  const items = [...e.currentTarget.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[e.key];
  if (to !== undefined) {
    items[(to + items.length) % items.length].focus();
    e.preventDefault();
  } else if (e.key === "Escape" || e.key === "Tab") {
    closeMenu();
    e.preventDefault();
    e.stopPropagation();
  }
}

addEventListener("pointerdown", e => {
  if (state.ui.menu && !e.target.closest("#menu") && !opener?.contains(e.target)) closeMenu();
}, true);

export const menuView = () => !state.ui.menu ? nothing : html`
  <div id="menu" class="menu" role="menu" aria-label=${state.ui.menu.label} @keydown=${keydown}>
    ${state.ui.menu.items.map(item => html`
      <button type="button" role="menuitem" class=${item.danger ? "danger" : ""} @click=${() => { closeMenu(); item.run(); }}>
        ${icon(item.icon)}<span>${item.label}</span></button>`)}
  </div>`;

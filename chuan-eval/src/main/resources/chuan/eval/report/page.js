
"use strict";
const root = document.documentElement;
const language = document.getElementById("language");
function speak(code) {
  root.dataset.language = code;
  root.lang = code;
  language.lang = code === "zh" ? "en" : "zh";
  language.textContent = code === "zh" ? "English" : "中文";
  for (const e of document.querySelectorAll("[data-en]")) {
    const text = e.dataset[code];
    if (e.placeholder !== undefined && e.tagName === "INPUT") { e.placeholder = text; e.setAttribute("aria-label", text); }
    else if (e.tagName === "SELECT") e.setAttribute("aria-label", text);
    else e.textContent = text;
  }
}
language.addEventListener("click", () => speak(root.dataset.language === "zh" ? "en" : "zh"));
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

const PAGE = 100;

function cell(row, text, kind) {
  const td = document.createElement("td");
  td.textContent = text;
  if (kind) td.className = kind;
  row.append(td);
  return td;
}
function answer(row, text, credit) {
  cell(row, text + (credit === 1 ? " ✓" : credit === 0 ? " ✗" : ""), credit === 1 ? "right" : "wrong");
}
function hashCell(row, hash) {
  const code = document.createElement("code");
  code.textContent = hash.slice(0, 12);
  code.title = hash;
  cell(row, "").append(code);
}

/* A list that can be searched. Rows begin with subject, title, number; `kinds` are what the second
   choice lets through, `words` is what else is searched, `fill` makes the cells. */
function list(box, rows, kinds, words, fill) {
  const body = box.querySelector("tbody");
  const find = box.querySelector("input");
  const subject = box.querySelector("select.subject");
  const outcome = box.querySelector("select.outcome");
  const state = box.querySelector(".state");
  const [back, on] = box.querySelectorAll(".pager button");
  let page = 0;
  let found = rows;
  for (const [name, title] of new Map(rows.map(r => [r[0], r[1]]))) {
    const option = document.createElement("option");
    option.value = name;
    option.textContent = title === name ? name : title + " · " + name;
    subject.append(option);
  }
  function show() {
    body.replaceChildren(...found.slice(page * PAGE, (page + 1) * PAGE).map(r => {
      const row = document.createElement("tr");
      cell(row, r[1]).title = r[0];
      cell(row, r[2]);
      fill(row, r);
      return row;
    }));
    const from = found.length === 0 ? 0 : page * PAGE + 1;
    state.textContent = from + "–" + Math.min(found.length, (page + 1) * PAGE) + " / " + found.length;
    back.disabled = page === 0;
    on.disabled = (page + 1) * PAGE >= found.length;
  }
  function filter() {
    const wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kind = kinds[outcome.value] ?? (() => true);
    found = rows.filter(r => (!subject.value || r[0] === subject.value) && kind(r)
      && wanted.every(w => (r[0] + " " + r[1] + " " + r[2] + " " + words(r)).toLowerCase().includes(w)));
    page = 0;
    show();
  }
  find.addEventListener("input", filter);
  subject.addEventListener("change", filter);
  outcome.addEventListener("change", filter);
  back.addEventListener("click", () => { page--; show(); });
  on.addEventListener("click", () => { page++; show(); });
  show();
}

/* [subject, title, number, shots, dropped, key, choice, outcome, credit, scores, tokens, ms, hash, reply] */
for (const box of document.querySelectorAll("[data-questions]"))
  list(box, JSON.parse(document.getElementById(box.dataset.questions).textContent), {
    right: r => r[8] === 1,
    wrong: r => r[7] === "answered" && r[8] < 1,
    unparsed: r => r[7] === "unparsed",
    failed: r => r[7] === "failed",
    dropped: r => r[4] > 0,
  }, r => r[12] + " " + (r[13] ?? ""), (row, r) => {
    cell(row, r[4] ? r[3] + " (−" + r[4] + ")" : r[3]);
    cell(row, r[5]);
    answer(row, r[7] === "answered" ? r[6] : r[7], r[8]);
    cell(row, r[8]);
    cell(row, r[9].map(s => s === null ? "−∞" : s.toFixed(3)).join("\u2002"));
    cell(row, r[10]);
    cell(row, r[11]);
    hashCell(row, r[12]);
    if (r.length > 13) cell(row, r[13], "text");
  });

/* [subject, title, number, key, choice, credit, choice, credit, hash] */
for (const box of document.querySelectorAll("[data-changes]"))
  list(box, JSON.parse(document.getElementById(box.dataset.changes).textContent), {
    won: r => r[7] > r[5],
    lost: r => r[7] < r[5],
    even: r => r[7] === r[5],
  }, r => r[8], (row, r) => {
    cell(row, r[3]);
    answer(row, r[4] || "–", r[5]);
    answer(row, r[6] || "–", r[7]);
    hashCell(row, r[8]);
  });
speak(navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

// Colours for code blocks; grammars are fetched when the first block of their language is complete.
import { toFragment } from "./markdown.js";

const LANGUAGES = {
  bash: "sh shell zsh console", cpp: "c h c++ cc", diff: "patch", go: "golang", java: "", javascript: "js jsx mjs typescript ts tsx",
  json: "jsonc", python: "py", sql: "", xml: "html svg vue", yaml: "yml",
};
const NAMES = new Map(Object.entries(LANGUAGES).flatMap(([name, others]) => [name, ...others.split(" ")].map(n => [n, name])));
const NEEDS = { xml: ["javascript"] };
const TOO_LONG = 200_000;
const loaded = new Map();
let core;

function load(language) {
  if (!loaded.has(language)) {
    loaded.set(language, (async () => {
      core ??= import("./vendor/hljs/core.js").then(m => m.default);
      const [hljs, grammar] = await Promise.all([core, import(`./vendor/hljs/${language}.js`)]);
      await Promise.all((NEEDS[language] ?? []).map(load));
      hljs.registerLanguage(language, grammar.default);
      return hljs;
    })());
  }
  return loaded.get(language);
}

/** Blocks below `root` get their colours as soon as the grammar is there. Text never changes. */
export async function highlight(root) {
  for (const frame of root.querySelectorAll(".code")) {
    const language = NAMES.get(frame.dataset.language.toLowerCase());
    const code = frame.querySelector("code");
    if (!language || !code || code.textContent.length > TOO_LONG) continue;
    load(language).then(hljs => {
      const html = hljs.highlight(code.textContent, { language, ignoreIllegals: true }).value;
      code.replaceChildren(toFragment(html));
    }).catch(() => { loaded.delete(language); }); // the server is gone: plain text will do
  }
}

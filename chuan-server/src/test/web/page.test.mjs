import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { act, answer, ask, kept, message, settled, shows, still, texts, type, useBrowser, withPage } from "./harness.mjs";
import { recorded, sums, vendor } from "./vendor.mjs";
import { policy } from "./fake.mjs";

useBrowser();

const axe = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

const files = folder => readdirSync(folder).flatMap(n => statSync(join(folder, n)).isDirectory() ? files(join(folder, n)) : [join(folder, n)]);

test("vendored files are the ones that were checked; the page is at most 120 kB; no inline style or script", () => {
  assert.deepEqual(sums(), recorded());
  const shipped = files(join(vendor, "..")).filter(f => /\.(js|css|html|svg|webmanifest)$/.test(f));
  const size = shipped.reduce((n, f) => n + gzipSync(readFileSync(f), { level: 9 }).length, 0);
  assert.ok(size <= 120_000, `${size} bytes`);
  assert.match(policy, /require-trusted-types-for 'script'/);
  for (const f of shipped.filter(f => !f.startsWith(vendor))) {
    assert.doesNotMatch(readFileSync(f, "utf8"), /<[a-z][^>]* style=|<script>|\son[a-z]+="|innerHTML|https?:\/\/(?!www\.w3\.org)/, f);
  }
});

test("every text is there in both languages, with the same gaps", async () => {
  const { TEXTS } = await import("../../main/resources/web/i18n.js");
  for (const [name, [zh, en, more]] of Object.entries(TEXTS)) {
    assert.ok(zh && en && more === undefined, name);
    assert.deepEqual(zh.match(/\{\d\}/g)?.toSorted(), en.match(/\{\d\}/g)?.toSorted(), name);
  }
  const source = files(join(vendor, "..")).filter(f => f.endsWith(".js") && !f.startsWith(vendor)).map(f => readFileSync(f, "utf8")).join("\n");
  for (const [, name] of source.matchAll(/\bt\("(\w+)"/g)) assert.ok(name.endsWith("_") || TEXTS[name], name);
});

test("Enter while an input method composes does not send", () => withPage(async (page, server) => {
  await page.focus("#message");
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Input.imeSetComposition", { text: "nihao", selectionStart: 5, selectionEnd: 5 });
  await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", windowsVirtualKeyCode: 229, key: "Process", code: "Enter" });
  await page.evaluate(() => document.querySelector("#message").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true })));
  await cdp.send("Input.insertText", { text: "你好" });
  // Safari: the composition ends first, then comes an Enter that is not marked as composing
  await page.evaluate(() => {
    const area = document.querySelector("#message");
    area.dispatchEvent(new CompositionEvent("compositionend", { data: "你好", bubbles: true }));
    area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  });
  await page.waitForTimeout(200);
  assert.equal(await page.locator("article").count(), 0);
  assert.equal(await page.inputValue("#message"), "你好");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal(server.requests.findLast(r => r.path.includes("chat")).body.messages[0].content, "你好");
}));

test("Shift+Enter is a new line; with the other setting Enter is, and Ctrl+Enter sends; drafts are kept per chat", () => withPage(async page => {
  await page.focus("#message");
  await page.keyboard.type("a");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("b");
  assert.equal(await page.inputValue("#message"), "a\nb");
  await page.evaluate(async () => (await import("./store.js")).setSettings({ sendKey: "ctrl" }));
  await page.keyboard.press("Enter");
  assert.equal(await page.inputValue("#message"), "a\nb\n");
  await page.keyboard.press("Control+Enter");
  await settled(page);
  await page.fill("#message", "half a thought");
  await page.goto(page.url().replace(/#.*/, "#/"));
  await page.waitForSelector(".empty");
  assert.equal(await page.inputValue("#message"), "");
  await page.goBack();
  await page.waitForSelector("article");
  await page.waitForFunction(() => document.querySelector("#message").value === "half a thought");
}));

test("a megabyte is pasted, typing goes on, and it is sent whole", () => withPage(async (page, server) => {
  await page.focus("#message");
  const [paste, key] = await page.evaluate(async () => {
    const area = document.querySelector("#message");
    const data = new DataTransfer();
    data.setData("text/plain", "一段很长的文字 and some English. ".repeat(50_000).slice(0, 1_000_000));
    const frame = () => new Promise(r => requestAnimationFrame(() => setTimeout(r)));
    const time = async f => {
      const start = performance.now();
      f();
      await frame();
      return performance.now() - start;
    };
    const paste = await time(() => area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })));
    const keys = [];
    for (let i = 0; i < 9; i++) keys.push(await time(() => document.execCommand("insertText", false, "x")));
    return [paste, keys.sort((a, b) => a - b)[4]];
  });
  console.log(`paste: ${paste.toFixed(0)} ms, a key: ${key.toFixed(1)} ms`); // 20 and 5 on an idle machine
  assert.match(await page.locator(".pastes").textContent(), /1\.0 MB/);
  server.behave.reply = () => "thanks";
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal(server.requests.findLast(r => r.path.includes("chat")).body.messages[0].content.length, 1_000_000 + 2 + 9);
  await page.getByRole("button", { name: "Show all (1.0 MB)" }).waitFor();
}));

/** A conversation of `n` messages, as an import. */
const long = (page, n) => page.evaluate(async n => {
  const messages = [];
  for (let i = 0; i < n; i++) {
    messages.push({ id: `M${String(i).padStart(5, "0")}`, parent: i ? `M${String(i - 1).padStart(5, "0")}` : null, role: i % 2 ? "assistant" : "user", created: i, finish: "stop",
      content: i % 2 ? `Answer **${i}**\n\n- one\n- two\n\n\`\`\`java\nint x = ${i};\n\`\`\`\n\n` + "words and words ".repeat(30) : `Question ${i}?` });
  }
  const { addConversations } = await import("./store.js");
  await addConversations([{ conversation: { id: "LONG", title: "long", created: 1, updated: Date.now(), leaf: messages.at(-1).id, system: "", params: {} }, messages }]);
}, n);

test("a chat of 1,000 messages opens, shows its end and renders only what is near", () => withPage(async page => {
  await long(page, 1000);
  const open = await page.evaluate(async () => {
    const start = performance.now();
    location.hash = "#/c/LONG";
    while (document.querySelectorAll("article").length < 1000) await new Promise(r => requestAnimationFrame(r));
    return performance.now() - start;
  });
  await page.waitForFunction(() => document.querySelector("article:last-of-type .prose:not(.plain)"));
  const bottom = await page.evaluate(() => { const s = document.querySelector("#scroll"); return s.scrollHeight - s.clientHeight - s.scrollTop; });
  assert.ok(bottom < 8, `it shows the end (${bottom})`);
  const rendered = await page.locator(".prose:not(.plain)").count();
  assert.ok(rendered < 100, `only what is near is rendered (${rendered})`);
  const key = await page.evaluate(async () => {
    const area = document.querySelector("#message");
    const times = [];
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      area.setRangeText("x", area.value.length, area.value.length, "end");
      area.dispatchEvent(new InputEvent("input", { bubbles: true }));
      times.push(performance.now() - start);
      await new Promise(r => requestAnimationFrame(r));
    }
    return times.sort((a, b) => a - b)[10];
  });
  console.log(`open: ${open.toFixed(0)} ms, typing: ${key.toFixed(1)} ms`); // 300 and 1 on an idle machine
  await page.evaluate(() => { document.querySelector("#scroll").scrollTop = 0; });
  await page.waitForFunction(() => document.querySelector("article.assistant .prose:not(.plain)")?.textContent.includes("Answer 1"));
}));

/** Waits until the text in the making has become longer by what would show. */
const grows = async page => {
  const height = await page.evaluate(() => document.querySelector("#scroll").scrollHeight);
  await page.waitForFunction(h => document.querySelector("#scroll").scrollHeight > h + 200, height);
};

test("the chat follows new text until one scrolls up, and again at the end", () => withPage(async (page, server) => {
  server.behave.delay = 8;
  server.behave.reply = () => "A line of text.\n\n".repeat(400);
  await type(page, "go");
  await page.waitForFunction(() => { const s = document.querySelector("#scroll"); return s.scrollHeight > s.clientHeight + 400; });
  const follows = () => page.waitForFunction(() => { const s = document.querySelector("#scroll"); return s.scrollHeight - s.clientHeight - s.scrollTop < 8; });
  await follows();
  await page.mouse.move(600, 300);
  await page.mouse.wheel(0, -40);
  await page.waitForSelector(".to-end");
  const top = await page.evaluate(() => document.querySelector("#scroll").scrollTop);
  await grows(page);
  assert.ok(Math.abs(await page.evaluate(() => document.querySelector("#scroll").scrollTop) - top) < 2, "nothing pulls the reader down");
  await page.locator(".to-end").click();
  await page.waitForFunction(() => !document.querySelector(".to-end"));
  await grows(page);
  await follows();
  await page.keyboard.press("Escape");
  await settled(page);
}));

test("token view: sums, alternatives, going on from one, characters split over bytes", () => withPage(async (page, server) => {
  server.behave.reply = (_, prefix) => prefix ? " went on" : "Hi 😀（好）end";
  await ask(page, "hello");
  await act(page, 1, "Tokens");
  await page.waitForSelector(".token-text .token");
  const tokens = page.locator(".token-text .token");
  assert.equal(await tokens.count(), 1 + 1 + 4 + 3 + 1 + 3 + 1);
  assert.deepEqual(await page.locator(".joined .character").allTextContents(), ["😀", "（", "）"]);
  assert.deepEqual(await page.locator(".joined").first().locator(".token").allTextContents(), ["F0", "9F", "98", "80"]);
  const p = [0.97, 0.7, 0.4, 0.2, 0.05];
  const mean = Array.from({ length: 14 }, (_, i) => Math.log(p[i % 5])).reduce((a, b) => a + b) / 14;
  assert.equal(await page.locator(".token-summary").textContent(), `14 tokens · mean log-probability ${mean.toFixed(2)} · perplexity ${Math.exp(-mean).toFixed(2)}`);
  await tokens.nth(0).hover();
  await page.waitForSelector("#token-card:not([hidden])");
  assert.match(await page.locator("#token-card").textContent(), /Hi.*97\.0 %.*Rank\s*1/s);
  await page.mouse.move(5, 500);
  // by keyboard: along the tokens, into the alternatives, back
  await tokens.nth(0).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.closest("#token-card"));
  const ids = await page.evaluate(async () => [...(await import("./store.js")).state.threads.values()][0].values().toArray().at(-1).tokens.alt[0].map(a => a[0]));
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelectorAll("article").length === 2 && document.querySelector(".branches"));
  await settled(page);
  const { body } = server.requests.findLast(r => r.path.includes("chat"));
  assert.equal(body["x-chuan-prefix-ids"].length, 1);
  assert.ok(ids.includes(body["x-chuan-prefix-ids"][0]));
  assert.equal((await answer(page).textContent()).trim(), "好 went on");
  assert.equal(await message(page, 1).locator(".branches").textContent().then(t => t.trim()), "2/2");
  await page.waitForFunction(() => !document.querySelector("article.live"));
  await page.locator("article").nth(1).getByRole("button", { name: "Tokens", exact: true }).click();
  assert.equal(await page.locator(".token.chosen").textContent(), "好");
}));

test("Chinese and English: no key shows, the choice stays", () => withPage(async page => {
  await page.evaluate(() => { location.hash = "#/settings"; });
  await page.locator("#settings").getByLabel("中文").check();
  await page.waitForFunction(() => document.documentElement.lang === "zh-CN");
  assert.match(await page.locator("#settings").textContent(), /外观/);
  await page.keyboard.press("Escape");
  await ask(page, "你好");
  await page.locator(".top").getByRole("button", { name: "参数" }).click();
  await act(page, 1, "详情");
  const shown = await page.evaluate(() => document.body.innerText + [...document.querySelectorAll("[title],[aria-label],[placeholder]")].map(e => `${e.title} ${e.getAttribute("aria-label")} ${e.getAttribute("placeholder")}`).join(" "));
  assert.doesNotMatch(shown, /undefined|\{\d\}|\bphase[A-Z]|\bdetail[A-Z]|\bfinish_/);
  assert.doesNotMatch(await page.locator(".drawer, .sidebar").evaluateAll(l => l.map(e => e.innerText).join()), /[a-z]{6,}/, "no English left");
  await kept(page);
  await page.reload();
  await page.waitForSelector("article");
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
}));

test("the browser's language is taken at first", () => withPage(async page => {
  assert.match(await page.locator(".empty h1").textContent(), /有什么/);
}, { locale: "zh-CN" }));

test("by keyboard alone: new chat, question, edit the last, search, branches, help", () => withPage(async (page, server) => {
  let n = 0;
  server.behave.reply = body => `${++n}: ${body.messages.at(-1).content}`;
  await page.keyboard.type("first question");
  await page.keyboard.press("Enter");
  await settled(page);
  await page.keyboard.press("ArrowUp");
  await page.waitForSelector(".editor textarea:focus");
  await page.keyboard.press("End");
  await page.keyboard.type(" again");
  await page.keyboard.press("Control+Enter");
  await settled(page);
  await shows(page, ["first question again", "2: first question again"]);
  await page.focus("#message");
  await page.keyboard.press("Alt+ArrowLeft");
  await shows(page, ["first question", "1: first question"]);
  await page.keyboard.press("?");
  await page.waitForSelector("#help[open]");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Shift+O");
  await page.waitForSelector(".empty");
  await page.keyboard.press("Control+k");
  await page.waitForSelector("#search:focus");
  await page.keyboard.type("2: first");
  await page.waitForSelector(".snippet");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector("article");
  await page.keyboard.press("Control+b");
  await page.waitForFunction(() => document.querySelector("#sidebar").inert);
  await page.keyboard.press("Control+b");
  await page.waitForFunction(() => !document.querySelector("#sidebar").inert);
}));

test("accessibility: axe finds nothing serious, in every state, theme and width", () => withPage(async (page, server) => {
  // axe needs eval-free injection: the policy allows only scripts of the page's own origin
  const session = await page.context().newCDPSession(page);
  await session.send("Page.setBypassCSP", { enabled: true });
  await page.reload();
  await page.waitForSelector(".server.ready");
  const check = async what => {
    await still(page);
    const { violations } = await page.evaluate(async source => {
      if (!globalThis.axe) {
        const trusted = trustedTypes?.createPolicy?.("axe", { createScript: s => s }) ?? { createScript: s => s };
        (0, eval)(trusted.createScript(source));
      }
      return globalThis.axe.run(document, { resultTypes: ["violations"] });
    }, axe);
    const bad = violations.filter(v => v.impact === "serious" || v.impact === "critical");
    assert.deepEqual(bad.map(v => [v.id, v.nodes.map(n => n.target.join(" ") + " " + n.failureSummary)]), [], what);
  };
  await check("empty");
  server.behave.reply = () => "# Title\n\nText `code`\n\n```java\n// comment\nint x = 1;\n```\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n> quote\n\n[link](http://a.com)";
  await ask(page, "hello");
  await act(page, 1, "Details");
  await page.locator(".top").getByRole("button", { name: "Parameters" }).click();
  await check("chat");
  await page.emulateMedia({ colorScheme: "dark" });
  await check("dark");
  await act(page, 1, "Tokens");
  await page.locator(".token").nth(8).click();
  await check("tokens, dark");
  await page.emulateMedia({ colorScheme: "light" });
  await check("tokens");
  await page.keyboard.press("Escape");
  await page.evaluate(() => { location.hash = "#/settings"; });
  await page.waitForSelector("#settings[open]");
  await check("settings");
  await page.keyboard.press("Escape");
  await page.locator(".top").getByRole("button", { name: "Parameters" }).click();
  await page.setViewportSize({ width: 390, height: 780 });
  await check("phone");
}, { expected: [/./] }));

test("phone: drawers over the chat, nothing wider than the screen, targets of 44 pixels", () => withPage(async (page, server) => {
  server.behave.reply = () => "```java\n" + "long ".repeat(60) + "\n```\n\n|" + " column |".repeat(12) + "\n|" + "-|".repeat(12) + "\n|" + " x |".repeat(12) + "\n\nhttp://a.com/" + "x".repeat(200);
  await page.fill("#message", "hello");
  await page.locator(".round").tap();
  await settled(page);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && document.querySelector("#scroll").scrollWidth <= document.querySelector("#scroll").clientWidth));
  const small = await page.evaluate(() => [...document.querySelectorAll(".main button, .main a.icon-button")].filter(b => b.offsetParent && (b.offsetHeight < 44 || b.offsetWidth < 41)).map(b => `${b.className} ${b.offsetWidth}×${b.offsetHeight}`));
  assert.deepEqual(small, []);
  await page.locator(".top").getByRole("button", { name: "Open the sidebar" }).click();
  await page.waitForSelector(".with-sidebar");
  await page.mouse.click(380, 400);
  await page.waitForSelector(".app:not(.with-sidebar)");
  assert.ok(await page.locator("#sidebar").evaluate(e => e.inert));
}, { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }));

test("export, wipe, import: the same; a second import makes copies; other formats are read", () => withPage(async (page, server) => {
  server.behave.reply = () => "answer **one**";
  await ask(page, "question");
  await act(page, 1, "Ask again");
  await page.waitForFunction(() => document.querySelector(".branches"));
  await settled(page);
  await kept(page);
  const dump = () => page.evaluate(async () => {
    const db = await import("./db.js");
    const strip = ({ touched, ...x }) => x;
    return { conversations: (await db.conversations()).map(strip), messages: (await db.allMessages()).map(strip) };
  });
  const before = await dump();
  const download = page.waitForEvent("download");
  await page.locator(".sidebar-foot").getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Export all" }).click();
  const file = await (await download).path();
  const json = JSON.parse(readFileSync(file, "utf8"));
  assert.equal(json.format, "chuan-chat");
  json.conversations[0].later = { kept: true };
  await page.evaluate(async () => (await import("./store.js")).deleteEverything());
  await page.waitForSelector(".empty");
  const bring = text => page.evaluate(async text => (await import("./transfer.js")).importFiles([new File([text], "chats.json")]), text);
  await bring(JSON.stringify(json));
  const after = await dump();
  assert.deepEqual(after.conversations[0].later, { kept: true });
  delete after.conversations[0].later;
  assert.deepEqual(after, before);
  await bring(JSON.stringify(json));
  assert.equal((await dump()).conversations.length, 2);
  await bring(JSON.stringify({ conv: { id: "x", name: "from llama.cpp", currNode: "c", lastModified: 5 }, messages: [
    { id: "r", parent: null, role: "system", content: "sys", type: "root" }, { id: "b", parent: "r", role: "user", content: "hi" }, { id: "c", parent: "b", role: "assistant", content: "yo" }] }));
  await bring(JSON.stringify({ messages: [{ role: "system", content: "s" }, { role: "user", content: [{ type: "text", text: "parts" }] }, { role: "assistant", content: "fine" }] }));
  await bring("not json");
  await bring("{}");
  assert.equal((await dump()).conversations.length, 4);
  await page.locator(".conversation", { hasText: "from llama.cpp" }).locator("a").click();
  await shows(page, ["hi", "yo"]);
}));

test("two tabs: what one writes the other shows", () => withPage(async (page, server, context) => {
  await ask(page, "hello");
  await kept(page);
  const other = await context.newPage();
  await other.goto(page.url());
  await other.waitForSelector("article.assistant .prose:not(.plain)");
  await ask(other, "from the other tab");
  await shows(page, ["hello", "Echo: hello", "from the other tab", "Echo: from the other tab"]);
  await page.locator(".conversation.shown").hover();
  await page.locator(".conversation.shown").getByRole("button").click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.fill("#rename", "New name");
  await page.keyboard.press("Enter");
  await other.waitForFunction(() => document.querySelector(".conversation-title")?.textContent === "New name");
}));

test("presets fill the field, starters are sent", () => withPage(async page => {
  await page.locator(".preset").nth(2).click();
  assert.match(await page.inputValue("#message"), /24 apples/);
  await page.fill("#message", "");
  await page.locator(".chip").first().click();
  await settled(page);
  assert.equal((await texts(page))[0], "Hello! Who are you?");
}));

test("a screen reader hears whole sentences and the end, focus stays where it is", () => withPage(async (page, server) => {
  server.behave.delay = 10;
  server.behave.reply = () => "First sentence. Second sentence. And a third one.";
  await page.evaluate(() => {
    window.heard = [];
    new MutationObserver(list => list.forEach(m => m.addedNodes.forEach(n => window.heard.push(n.textContent)))).observe(document.querySelector("#live"), { childList: true });
  });
  await type(page, "talk");
  await settled(page);
  assert.deepEqual(await page.evaluate(() => window.heard), ["First sentence.", "Second sentence.", "Answer finished"]);
  assert.equal(await page.evaluate(() => document.activeElement.id), "message");
}));

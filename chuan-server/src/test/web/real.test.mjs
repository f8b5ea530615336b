// The page on the real server with the shipped model: ./chuan serve, as a user starts it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { act, answer, ask, message, settled, type, useBrowser, withPage } from "./harness.mjs";

useBrowser();

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const model = root + "models/chuan-10m-chat";
let process_;
let url;
let output = "";

before(async () => {
  if (!existsSync(model)) return;
  process_ = spawn(root + "chuan", ["serve", "--model", model, "--port", "0"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  process_.stdout.on("data", d => { output += d; });
  process_.stderr.on("data", d => { output += d; });
  for (let i = 0; i < 1500; i++) {
    url = /^(http\S+) serves /m.exec(output)?.[1];
    if (url) return;
    if (process_.exitCode !== null) break;
    await new Promise(r => setTimeout(r, 200));
  }
  throw new Error(`the server did not start:\n${output}`);
}, { timeout: 320_000 });

after(async () => {
  if (!process_ || process_.exitCode !== null) return;
  const gone = new Promise(r => process_.once("exit", r));
  process_.kill("SIGTERM");
  await gone;
});

const skip = existsSync(model) ? false : "the shipped model is not here";

test("the shipped model introduces itself, token by token, and goes on from another token", { skip }, () => withPage(async page => {
  await page.locator(".top").getByRole("button", { name: "参数" }).click();
  await page.fill("#p-temperature", "0");
  await page.keyboard.press("Tab");
  await ask(page, "你好，请介绍一下你自己");
  assert.match(await answer(page).textContent(), /我是川/);
  await act(page, 1, "详情");
  assert.match(await message(page, 1).locator(".details").textContent(), /chuan-10m-chat.*输入.*词元.*速度/s);
  await act(page, 1, "词元");
  await page.waitForSelector(".token-text .token");
  const before = await page.evaluate(async () => {
    const { state } = await import("./store.js");
    const m = [...[...state.threads.values()][0].values()].at(-1);
    const { textOf } = await import("./tokendata.js");
    return { text: m.content, pieces: textOf(m.tokens.pieces), ids: m.tokens.ids, top: m.tokens.alt[0].length, greedy: m.tokens.alt.every((a, i) => a[0][0] === m.tokens.ids[i]) };
  });
  assert.equal(before.pieces.trim(), before.text.trim(), "the pieces are the text");
  assert.ok(before.ids.every(Number.isInteger));
  assert.equal(before.top, 8);
  assert.ok(before.greedy, "at temperature 0 each token is the likeliest");
  // going on from the very tokens at temperature 0 leads to the same answer
  await page.evaluate(async () => {
    const { state } = await import("./store.js");
    const { branchFrom } = await import("./chat.js");
    const m = [...[...state.threads.values()][0].values()].at(-1);
    branchFrom(m, 4, m.tokens.alt[4][0]);
  });
  await page.waitForFunction(() => document.querySelector(".branches"));
  await settled(page);
  const after_ = await page.evaluate(async () => {
    const { state } = await import("./store.js");
    const m = [...[...state.threads.values()][0].values()].at(-1);
    return { text: m.content, ids: m.tokens.ids };
  });
  assert.deepEqual(after_, { text: before.text, ids: before.ids });
}, { get url() { return url; }, locale: "zh-CN" }));

test("a second turn uses the first's cache; the gauge knows the context; stop works", { skip }, () => withPage(async page => {
  await ask(page, "Tell me a short story.");
  await ask(page, "Hello! Who are you?");
  const usage = await page.evaluate(async () => {
    const { state } = await import("./store.js");
    return [...[...state.threads.values()][0].values()].at(-1).usage;
  });
  assert.ok(usage.prompt_tokens_details.cached_tokens > 0);
  assert.match(await page.locator(".gauge").getAttribute("aria-valuetext"), /of [\d,]+ tokens, [1-9]\d* of them cached/);
  await type(page, "Tell me a short story.");
  await page.keyboard.press("Escape");
  await settled(page);
}, { get url() { return url; } }));

test("raw text goes on from a prompt, with its tokens", { skip }, () => withPage(async page => {
  await page.evaluate(() => { location.hash = "#/raw"; });
  await page.fill("#raw", "Once upon a time");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector("chat-tokens .token");
  await page.waitForSelector(".raw-page .primary:not([disabled])");
  assert.ok((await page.inputValue("#raw")).length > 30);
}, { get url() { return url; } }));

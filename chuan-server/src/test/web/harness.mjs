// What every browser test needs: a fake server, a fresh browser context, and the promises that hold on
// every page: no error on the console, no violation of the content policy, no request to elsewhere.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launch } from "./browser.mjs";
import { FakeServer } from "./fake.mjs";

export const shared = {};

/** How long a page may take on a busy machine, in milliseconds; never waited for where nothing is wrong. */
export const PATIENCE = 60_000;

export function useBrowser() {
  before(async () => {
    shared.server = await new FakeServer().start();
    shared.browser = await launch();
  });
  after(async () => {
    await shared.browser?.close();
    await shared.server?.kill();
  });
}

/** Runs `body` with a page of its own; the fake server begins with its defaults. */
export async function withPage(body, { url, behave = {}, expected = [], path = "", ready = true, ...options } = {}) {
  const { server, browser } = shared;
  server.reset();
  Object.assign(server.behave, behave);
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, locale: "en-GB", colorScheme: "light", ...options });
  context.setDefaultTimeout(PATIENCE);
  const problems = [];
  const origin = new URL(url ?? server.url).origin;
  await context.addInitScript(() => addEventListener("securitypolicyviolation", e => console.error(`CSP ${e.violatedDirective} ${e.blockedURI}`)));
  context.on("page", p => {
    p.on("console", m => { if (m.type() === "error" || m.type() === "warning") problems.push(m.text()); });
    p.on("pageerror", e => problems.push(e.stack ?? String(e)));
    p.on("dialog", d => {
      problems.push(`dialog ${d.message()}`);
      d.dismiss();
    });
    p.on("request", r => { if (!r.url().startsWith(origin) && !/^(data|blob):/.test(r.url())) problems.push(`request to ${r.url()}`); });
  });
  const page = await context.newPage();
  await page.goto((url ?? server.url) + path);
  if (ready) await page.waitForSelector(".server.ready");
  try {
    await body(page, server, context);
    const left = problems.filter(p => !expected.some(e => e.test(p)));
    assert.deepEqual(left, [], "nothing on the console, nothing blocked, nothing asked elsewhere");
  } finally {
    await context.close();
  }
}

/** A failed fetch is written to the console by the browser itself. */
export const networkErrors = [/Failed to load resource/, /net::ERR/];

export async function type(page, text) {
  await page.fill("#message", text);
  await page.focus("#message");
  await page.keyboard.press("Enter");
}

export async function settled(page) {
  await page.waitForTimeout(80); // a click just now has drawn its first frame
  await page.waitForFunction(() => !document.querySelector("article.live") && document.querySelector("article.assistant"));
}

/** Waits until this holds in the page. */
async function until(page, condition) {
  const end = Date.now() + PATIENCE;
  while (!await page.evaluate(condition)) {
    assert.ok(Date.now() < end, `never: ${condition}`);
    await page.waitForTimeout(30);
  }
}

/** Waits until the database of the browser holds everything that the page shows, which the page sees to by itself. */
export async function kept(page) {
  await until(page, async () => {
    const { state } = await import("./store.js");
    const db = await import("./db.js");
    const equal = (a, b) => JSON.stringify(a, Object.keys(a).sort()) === JSON.stringify(b ?? {}, Object.keys(a).sort());
    for (const c of state.conversations.values()) if (!equal(c, await db.conversation(c.id))) return false;
    for (const thread of state.threads.values()) for (const m of thread.values()) if (!equal(m, await db.message(m.id))) return false;
    return state.conversations.size > 0;
  });
}

/** Waits until nothing on the page moves. */
export const still = page => page.waitForFunction(() => document.getAnimations().every(a => a.playState !== "running"));

export async function ask(page, text) {
  const before = await page.locator("article").count();
  await type(page, text);
  await page.waitForFunction(n => document.querySelectorAll("article").length >= n + 2, before);
  await settled(page);
}

export const answer = page => page.locator("article.assistant").last().locator(".prose");

export const texts = page => page.locator("article").evaluateAll(list => list.map(a => (a.querySelector(".bubble, .prose") ?? a.querySelector(".raw-text, .token-text"))?.textContent.trim() ?? ""));

/** The page draws in frames: waits until the shown texts are these. */
export async function shows(page, expected) {
  const end = Date.now() + PATIENCE;
  while (JSON.stringify(await texts(page)) !== JSON.stringify(expected) && Date.now() < end) await page.waitForTimeout(30);
  assert.deepEqual(await texts(page), expected);
}

export const message = (page, nth) => page.locator("article").nth(nth);

export async function act(page, nth, label) {
  await message(page, nth).hover();
  await message(page, nth).getByRole("button", { name: label, exact: true }).click();
}

export async function menu(page, nth, label) {
  await act(page, nth, "More");
  await page.locator("#menu").getByRole("menuitem", { name: label }).click();
}

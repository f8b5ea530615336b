import assert from "node:assert/strict";
import { test } from "node:test";
import { act, answer, ask, kept, menu, message, networkErrors, settled, shows, type, useBrowser, withPage } from "./harness.mjs";
import { FakeServer } from "./fake.mjs";

useBrowser();

test("a question is answered as it streams, and stays after a reload", () => withPage(async (page, server) => {
  server.behave.delay = 20;
  server.behave.reply = () => "one two three four five six seven eight nine ten";
  await type(page, "count");
  await page.waitForFunction(() => document.querySelector(".prose")?.textContent.includes("two"));
  assert.ok(!(await answer(page).textContent()).includes("ten"), "text is shown before the answer is complete");
  await settled(page);
  await shows(page, ["count", "one two three four five six seven eight nine ten"]);
  const { body } = server.requests.find(r => r.path === "/v1/chat/completions");
  assert.deepEqual(body.messages, [{ role: "user", content: "count" }]);
  assert.equal(body.stream, true);
  await kept(page);
  await page.reload();
  await page.waitForSelector("article.assistant .prose:not(.plain)");
  await shows(page, ["count", "one two three four five six seven eight nine ten"]);
  assert.equal(await page.locator(".conversation.shown").textContent().then(t => t.trim()), "count");
}));

test("Escape stops an answer, what had come stays and can be continued", () => withPage(async (page, server) => {
  server.behave.delay = 20;
  server.behave.reply = () => "word ".repeat(300);
  await type(page, "go");
  await page.waitForFunction(() => document.querySelector(".prose")?.textContent.length > 30);
  await page.keyboard.press("Escape");
  await settled(page);
  const text = await answer(page).textContent();
  assert.ok(text.length > 20 && text.length < 1400);
  server.behave.reply = (_, pieces) => ` and ${pieces.length} tokens before`;
  server.behave.delay = 1;
  await page.getByRole("button", { name: "Continue" }).click();
  await settled(page);
  const all = (await answer(page).textContent()).trim();
  assert.ok(all.startsWith(text.trim()) && / and \d+ tokens before$/.test(all), all);
  const { body } = server.requests.at(-1).path === "/tokenize" ? server.requests.findLast(r => r.path.includes("chat")) : server.requests.at(-1);
  assert.ok(body["x-chuan-prefix-ids"].length > 5, "it goes on from the very ids");
}));

test("regenerate and edit make branches; walking and deleting them", () => withPage(async (page, server) => {
  let n = 0;
  server.behave.reply = body => `answer ${++n} to ${body.messages.at(-1).content}`;
  await ask(page, "first");
  await ask(page, "second");
  await act(page, 3, "Ask again");
  await page.waitForFunction(() => [...document.querySelectorAll(".prose")].at(-1)?.textContent.includes("answer 3"));
  await settled(page);
  assert.equal(await message(page, 3).locator(".branches").textContent().then(t => t.trim()), "2/2");
  await act(page, 3, "Previous branch");
  await shows(page, ["first", "answer 1 to first", "second", "answer 2 to second"]);
  await act(page, 0, "Edit");
  await page.locator(".editor textarea").fill("changed");
  await page.locator(".editor").getByRole("button", { name: "Send" }).click();
  await page.waitForFunction(() => [...document.querySelectorAll(".prose")].at(-1)?.textContent.includes("answer 4"));
  await settled(page);
  await shows(page, ["changed", "answer 4 to changed"]);
  await page.locator("#message").blur();
  await page.keyboard.press("Alt+ArrowLeft");
  await shows(page, ["first", "answer 1 to first", "second", "answer 2 to second"]);
  await menu(page, 2, "Delete");
  await shows(page, ["first", "answer 1 to first"]);
  await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
  await shows(page, ["first", "answer 1 to first", "second", "answer 2 to second"]);
  await menu(page, 3, "Delete");
  await shows(page, ["first", "answer 1 to first", "second", "answer 3 to second"]);
}));

test("an answer may be edited too, and is then what the model reads", () => withPage(async (page, server) => {
  await ask(page, "hello");
  await act(page, 1, "Edit");
  await page.locator(".editor textarea").fill("My own words");
  await page.locator(".editor").getByRole("button", { name: "Save" }).click();
  await shows(page, ["hello", "My own words"]);
  await ask(page, "next");
  const { body } = server.requests.findLast(r => r.path.includes("chat"));
  assert.deepEqual(body.messages.map(m => m.content), ["hello", "My own words", "next"]);
}));

test("the length limit is told, and the answer goes on in its place", () => withPage(async (page, server) => {
  server.behave.reply = (body, prefix) => prefix ? " three four" : "one two three four";
  await page.locator(".top").getByRole("button", { name: "Parameters" }).click();
  await page.fill("#p-max_tokens", "2");
  await page.keyboard.press("Tab");
  await ask(page, "count");
  assert.match(await message(page, 1).textContent(), /length limit/);
  await page.getByRole("button", { name: "Continue" }).click();
  await settled(page);
  assert.equal((await answer(page).textContent()).trim(), "one two three four");
}));

test("parameters and the system prompt are sent, the model's own values are not", () => withPage(async (page, server) => {
  await page.locator(".top").getByRole("button", { name: "Parameters" }).click();
  await page.fill("#p-temperature", "0.7");
  await page.fill("#p-seed", "42");
  await page.fill("#system", "Be brief.");
  await page.locator(".drawer").getByLabel("Stop texts").fill("END\nSTOP");
  await ask(page, "hello");
  const { body } = server.requests.findLast(r => r.path.includes("chat"));
  assert.equal(body.temperature, 0.7);
  assert.equal(body.seed, 42);
  assert.deepEqual(body.stop, ["END", "STOP"]);
  assert.deepEqual(body.messages[0], { role: "system", content: "Be brief." });
  assert.ok(!("top_p" in body) && !("max_tokens" in body));
  await act(page, 1, "Details");
  assert.match(await message(page, 1).locator(".details").textContent(), /Temperature 0.7, Seed 42/);
}));

test("two conversations stream at once, switching keeps both", () => withPage(async (page, server) => {
  server.behave.delay = 40;
  server.behave.reply = body => `${body.messages[0].content} `.repeat(60);
  await type(page, "alpha");
  await page.waitForSelector(".prose");
  const first = page.url();
  await page.keyboard.press("Control+Shift+O");
  await page.waitForSelector(".empty");
  await type(page, "beta");
  await page.waitForFunction(() => document.querySelector(".prose")?.textContent.includes("beta beta"));
  assert.equal(await page.locator(".busy").count(), 2);
  const second = page.url();
  await page.goto(first);
  await page.waitForFunction(() => document.querySelector(".prose")?.textContent.includes("alpha alpha"));
  await settled(page);
  assert.equal((await answer(page).textContent()).trim(), "alpha ".repeat(60).trim());
  await page.goto(second);
  await page.waitForFunction(() => document.querySelector(".bubble")?.textContent === "beta");
  await settled(page);
  assert.equal((await answer(page).textContent()).trim(), "beta ".repeat(60).trim());
}));

test("a reload in mid-stream keeps the text so far and offers to continue", () => withPage(async (page, server) => {
  server.behave.delay = 25;
  server.behave.reply = () => "word ".repeat(400);
  await type(page, "go");
  await page.waitForFunction(() => document.querySelector(".prose")?.textContent.length > 200);
  await page.reload();
  await page.waitForSelector("article.assistant");
  await page.waitForSelector("article.assistant:not(.live) .note");
  assert.match(await message(page, 1).textContent(), /word word word/);
  assert.match(await message(page, 1).textContent(), /interrupted/);
  server.behave.reply = () => "the end";
  server.behave.delay = 1;
  await page.getByRole("button", { name: "Continue" }).click();
  await settled(page);
  assert.match((await answer(page).textContent()).trim(), /the end$/);
}));

test("the server dies in mid-stream; history stays readable; a new one answers the retry", () => withPage(async page => {
  const own = await new FakeServer().start();
  own.behave.delay = 10;
  own.behave.dieAfter = 12;
  own.behave.reply = () => "word ".repeat(50);
  await page.goto(own.url);
  await page.waitForSelector(".server.ready");
  await type(page, "go");
  await page.waitForSelector(".card.error");
  assert.match(await message(page, 1).textContent(), /word word.*What had arrived is kept/s);
  const { port } = own;
  await own.kill();
  await type(page, "lost");
  await page.waitForFunction(() => [...document.querySelectorAll(".card.error")].at(-1)?.textContent.includes("cannot be reached"));
  await page.waitForSelector(".banner.warn");
  await act(page, 0, "Copy");
  const again = await new FakeServer().start(port);
  await page.waitForSelector(".server.ready");
  await page.locator(".card.error").last().getByRole("button", { name: "Try again" }).click();
  await page.waitForFunction(() => [...document.querySelectorAll(".prose")].at(-1)?.textContent.includes("Echo: lost"));
  await again.kill();
}, { expected: [...networkErrors, /request to http:\/\/127/], permissions: ["clipboard-write"] }));

test("an error inside the stream is shown, not taken for text", () => withPage(async (page, server) => {
  server.behave.errorAfter = 3;
  server.behave.reply = () => "one two three four five six";
  await ask(page, "go");
  assert.match(await message(page, 1).locator(".card.error").textContent(), /The engine failed/);
  assert.equal(await message(page, 1).locator(".prose").textContent().then(t => t.trim()), "one two three");
}));

test("429: the wait counts down and the question is asked again by itself", () => withPage(async (page, server) => {
  server.behave.refuse = [{ status: 429, retryAfter: 1 }];
  await type(page, "hello");
  await page.waitForSelector(".status.warn");
  assert.match(await page.locator(".status.warn").textContent(), /Trying again in 1 s/);
  await settled(page);
  assert.equal((await answer(page).textContent()).trim(), "Echo: hello");
}, { expected: networkErrors }));

test("queue and reading of a long prompt are shown", () => withPage(async (page, server) => {
  server.behave.queue = [[3, 250], [0, 250]];
  server.behave.prompt = [[512, 3000, 250], [2048, 3000, 250]];
  await type(page, "long");
  await page.getByText("In the queue, 3 ahead").waitFor();
  await page.getByText("In the queue, next in line").waitFor();
  await page.getByText("Reading 512 of 3,000 tokens").waitFor();
  assert.equal(await page.locator("article progress").getAttribute("max"), "3000");
  await settled(page);
  assert.equal(await page.locator(".status").count(), 0);
}));

test("loading: progress, a question can be written, sending waits for the model", () => withPage(async (page, server) => {
  await page.waitForSelector(".banner.loading progress[value]");
  assert.match(await page.locator(".banner.loading").textContent(), /5 GB|5\.0 GB/);
  await page.fill("#message", "patience");
  assert.ok(await page.locator(".round").isDisabled());
  server.behave.phase = "ok";
  await page.waitForSelector(".server.ready");
  await page.focus("#message");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal((await answer(page).textContent()).trim(), "Echo: patience");
}, { ready: false, behave: { phase: "loading", progress: { done: 5e9, total: 14e9 } }, expected: networkErrors }));

test("a base model is pointed to raw text", () => withPage(async (page, server) => {
  assert.match(await page.locator(".banner").textContent(), /base model/);
  server.behave.reply = () => " there was a river.";
  await page.locator(".banner").getByRole("link").click();
  await page.fill("#raw", "Once upon a time");
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction(() => document.querySelector("#raw").value === "Once upon a time there was a river.");
  await page.waitForSelector("chat-tokens .token");
  await page.locator(".token[data-i]", { hasText: "river" }).click();
  server.behave.reply = body => ` [${body.prompt}]`;
  await page.locator("#token-card li button:not([disabled])").first().click();
  await page.waitForFunction(() => /\[Once upon a time there was a.*\]$/.test(document.querySelector("#raw").value));
  await page.getByRole("button", { name: "Take it back" }).click();
  assert.match(await page.inputValue("#raw"), /^Once upon a time there was a/);
}, { behave: { chat: false } }));

test("a full context: the numbers, and both ways on", () => withPage(async (page, server) => {
  const full = () => [{ status: 400, code: "context_length_exceeded", message: "too long", detail: { n_prompt_tokens: 5000, n_ctx: 4096 } }];
  await ask(page, "old question");
  await ask(page, "older question");
  server.behave.refuse = full();
  await ask(page, "new question");
  const card = page.locator(".card.error");
  assert.match(await card.textContent(), /5,000 tokens; the model reads at most 4,096/);
  await card.getByRole("button", { name: /Leave out/ }).click();
  await settled(page);
  const { body } = server.requests.findLast(r => r.path.includes("chat"));
  assert.equal(body.messages[0].role, "user");
  assert.ok(body.messages.length < 5 && body.messages.at(-1).content === "new question");
  assert.equal(await page.locator(".divider").count(), 1);
  server.behave.refuse = full();
  await ask(page, "another");
  server.behave.reply = body => /Summarise/.test(body.messages.at(-1).content) ? "They spoke of questions." : "ok";
  await page.getByRole("button", { name: "New chat with a summary" }).click();
  await page.waitForSelector(".empty");
  await ask(page, "and now?");
  const last = server.requests.findLast(r => r.path.includes("chat")).body;
  assert.match(last.messages[0].content, /They spoke of questions/);
  assert.equal(last.messages.length, 2);
}, { expected: networkErrors }));

test("the gauge warns before the context is full", () => withPage(async (page, server) => {
  server.behave.cached = 10;
  server.behave.reply = () => "x".repeat(20) + " y".repeat(400);
  await ask(page, "z ".repeat(60));
  assert.match(await page.locator(".context-warning").textContent(), /nearly full/);
  assert.match(await page.locator(".gauge").getAttribute("aria-label"), /Context/);
  assert.match(await page.locator(".gauge").getAttribute("aria-valuetext"), /of 520 tokens, 10 of them cached/);
}, { behave: { limit: 520 } }));

test("an API key is asked for and used", () => withPage(async (page, server) => {
  assert.match(await page.locator(".banner").textContent(), /API key/);
  await page.locator(".banner a").click();
  await page.locator("#settings input[type=password]").fill("secret");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector(".banner"));
  await ask(page, "hello");
  assert.equal((await answer(page).textContent()).trim(), "Echo: hello");
}, { behave: { key: "secret" }, expected: networkErrors }));

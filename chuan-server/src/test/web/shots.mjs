// Pictures of the page for the documentation: node shots.mjs [folder] [name…]
// Those of the token view are of a real model if CHUAN_URL names a server.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { FakeServer } from "./fake.mjs";

const folder = process.argv[2] ?? "/tmp/shots";
const wanted = process.argv.slice(3);
mkdirSync(folder, { recursive: true });

const answers = {
  zh: `可以这样写，用**虚拟线程**同时请求多个地址：

\`\`\`java
try (var scope = Executors.newVirtualThreadPerTaskExecutor()) {
    List<Future<String>> pages = urls.stream()
            .map(url -> scope.submit(() -> fetch(url))) // 每个请求一个虚拟线程
            .toList();
    for (var page : pages) System.out.println(page.get().length());
}
\`\`\`

**注意：**请看下面的比较。

| 方式 | 一万个请求 | 内存 |
|---|---:|---:|
| 平台线程 | 排队 | 约 10 GB |
| 虚拟线程 | 同时 | 约 50 MB |

1. 虚拟线程很便宜，不需要线程池。
2. 不要在 \`synchronized\` 里长时间等待。`,
  en: `A lake is a good picture of it. **Virtual threads** are boats: thousands fit, and a boat that waits costs nothing.

\`\`\`java
try (var scope = Executors.newVirtualThreadPerTaskExecutor()) {
    List<Future<String>> pages = urls.stream()
            .map(url -> scope.submit(() -> fetch(url))) // one virtual thread each
            .toList();
    for (var page : pages) System.out.println(page.get().length());
}
\`\`\`

| | 10,000 requests | Memory |
|---|---:|---:|
| Platform threads | wait in line | about 10 GB |
| Virtual threads | at once | about 50 MB |

1. They are cheap: no pool is needed.
2. Do not wait inside \`synchronized\` for long.`,
};
const questions = { zh: "怎样用 Java 的虚拟线程同时抓取一万个网页？", en: "How do I fetch ten thousand pages at once with Java's virtual threads?" };
const older = {
  zh: ["给老客户的产品邮件", "解释“内卷”和“躺平”", "二十四个苹果怎么分", "咖啡馆的三条广告语", "把这首诗译成英文"],
  en: ["E-mail to our regular customers", "What does “touch grass” mean?", "Twenty-four apples in five bags", "Three slogans for a coffee bar", "A limerick about garbage collection"],
};

const server = await new FakeServer().start();
const browser = await launch();

async function page(language, theme, size, path = "", url = server.url) {
  const context = await browser.newContext({ viewport: size, deviceScaleFactor: 1.5, colorScheme: theme, locale: language === "zh" ? "zh-CN" : "en-GB", hasTouch: size.width < 800, isMobile: size.width < 800 });
  const p = await context.newPage();
  p.on("console", m => { if (m.type() !== "debug") console.log(m.type(), m.text()); });
  p.on("pageerror", e => console.log("error", e.stack));
  await p.goto(url + path);
  await p.waitForSelector(".server.ready, .server.loading");
  return p;
}

async function seed(p, language) {
  const day = 86_400_000;
  const now = Date.now();
  const chats = older[language].map((title, i) => ({ id: `S${i}`, title, created: now - i * day * 1.4, updated: now - i * day * 1.4 - 60_000, leaf: null, system: "", params: {}, messages: [] }));
  await p.evaluate(async chats => { await (await import("./store.js")).addConversations(chats.map(({ messages, ...conversation }) => ({ conversation, messages }))); }, chats);
}

async function ask(p, text) {
  await p.fill("#message", text);
  await p.keyboard.press("Control+Enter");
  await p.waitForSelector("article.assistant:not(.live)");
}

const desktop = { width: 1200, height: 800 };
const phone = { width: 390, height: 780 };
const shot = async (p, name) => {
  await p.waitForTimeout(350);
  await p.screenshot({ path: join(folder, `${name}.png`) });
  await p.context().close();
};

// What is shown beside answers that no model wrote.
const written = "sample answers";

const jobs = {};
for (const language of ["zh", "en"]) for (const theme of ["light", "dark"]) {
  const conversation = async size => {
    server.reset();
    Object.assign(server.behave, { model: written, limit: 4096, cached: 20, delay: 1, reply: () => answers[language] });
    const p = await page(language, theme, size);
    await seed(p, language);
    await ask(p, questions[language]);
    return p;
  };
  jobs[`web-chat-${language}-${theme}`] = async name => shot(await conversation(desktop), name);
  jobs[`web-phone-${language}-${theme}`] = async name => shot(await conversation(phone), name);
  jobs[`web-empty-${language}-${theme}`] = async name => {
    server.reset();
    server.behave.model = written;
    const p = await page(language, theme, desktop);
    await seed(p, language);
    await shot(p, name);
  };
  jobs[`web-tokens-${language}-${theme}`] = async name => {
    server.reset();
    Object.assign(server.behave, { model: written, probability: i => [0.99, 0.93, 0.71, 0.98, 0.42, 0.95, 0.22, 0.99, 0.64, 0.91, 0.07][i % 11],
      reply: () => language === "zh" ? "北京是中国的首都（人口约两千万），历史悠久 😀，有故宫、长城和颐和园。" : "Paris is the capital of France 😀 and lies on the Seine, with two million people." });
    const p = await page(language, theme, desktop, "", process.env.CHUAN_URL);
    await seed(p, language);
    await p.evaluate(async () => { (await import("./store.js")).state.fresh.params = { seed: 7 }; });
    await ask(p, language === "zh" ? "讲个故事" : "Tell me a short story.");
    await p.click(".actions [aria-pressed]");
    await p.waitForSelector(".token[data-i]");
    // the token whose choice was the least certain, if it is in the first lines
    const index = await p.evaluate(() => [...document.querySelectorAll(".token[data-i]")].slice(0, 30).reduce((a, b) => Number(/p(\d)/.exec(b.className)[1]) < Number(/p(\d)/.exec(a.className)[1]) ? b : a).dataset.i);
    await p.click(`.token[data-i="${index}"]`);
    await shot(p, name);
  };
  jobs[`web-params-${language}-${theme}`] = async name => {
    server.reset();
    Object.assign(server.behave, { model: written, reply: () => answers[language] });
    const p = await page(language, theme, { width: 1400, height: 860 });
    await seed(p, language);
    await p.click(".top .icon-button:last-child");
    await p.fill("#p-temperature", "0.7");
    await p.keyboard.press("Tab");
    await ask(p, questions[language]);
    await shot(p, name);
  };
  const state = (label, more, then = async () => {}) => {
    jobs[`web-${label}-${language}-${theme}`] = async name => {
      server.reset();
      Object.assign(server.behave, { model: written, reply: () => answers[language], ...more });
      const p = await page(language, theme, desktop);
      await seed(p, language);
      await then(p);
      await shot(p, name);
    };
  };
  state("loading", { phase: "loading", progress: { done: 5_100_000_000, total: 13_900_000_000 } });
  state("queue", { queue: [[3, 5000]] }, async p => { await p.fill("#message", questions[language]); await p.keyboard.press("Control+Enter"); await p.waitForSelector(".status"); });
  state("prompt", { prompt: [[512, 2900, 5000]] }, async p => { await p.fill("#message", questions[language]); await p.keyboard.press("Control+Enter"); await p.waitForSelector(".status"); });
  state("streaming", { delay: 15 }, async p => { await p.fill("#message", questions[language]); await p.keyboard.press("Control+Enter"); await p.waitForTimeout(1800); });
  state("busy", { refuse: [{ status: 429, retryAfter: 7 }] }, async p => { await p.fill("#message", questions[language]); await p.keyboard.press("Control+Enter"); await p.waitForSelector(".status.warn"); });
  state("broken", { dieAfter: 60 }, async p => { await ask(p, questions[language]); });
  state("context", { refuse: [{ status: 400, code: "context_length_exceeded", message: "too long", detail: { n_prompt_tokens: 5000, n_ctx: 4096 } }] }, async p => { await ask(p, questions[language]); });
  state("settings", {}, async p => { await p.evaluate(() => { location.hash = "#/settings"; }); });
  state("base", { chat: false }, async p => { await p.click('a[href="#/raw"]'); await p.fill("#raw", language === "zh" ? "登鹳雀楼->王之涣\n夜雨寄北->" : "Once upon a time"); await p.keyboard.press("Control+Enter"); await p.waitForSelector(".raw-page .primary:not([disabled])"); await p.waitForSelector("chat-tokens"); });
  jobs[`web-menu-${language}-${theme}`] = async name => {
    const p = await conversation(phone);
    await p.click(".top .icon-button");
    await p.waitForTimeout(300);
    await shot(p, name);
  };
}

for (const [name, job] of Object.entries(jobs)) {
  if (wanted.length && !wanted.some(w => name.includes(w))) continue;
  await job(name);
  console.log(name);
}
await browser.close();
await server.kill();

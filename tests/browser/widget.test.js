// The widget on a page of another site: right before any script, live after it, and still right where streams are blocked.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, assertAccessible, assertFits, assertQuiet, openBrowser, openPage } from "./browser.js";
import { startOtherSite, startProgram } from "./program.js";

const SLUG = "fighting-fund";

let program;
let browser;
let site;
let token;

before(async () => {
  program = await startProgram("demo");
  browser = await openBrowser();
  token = (await program.run("token", "add", "the widget test", "--scope", "donations:write")).trim().split(/\s+/).pop();
  site = await startOtherSite(`<!doctype html><html lang="en"><head><title>The paper</title>
    <meta name="viewport" content="width=device-width"><script src="${program.url}/widget.js" async></script></head>
    <body><main><h1>The paper</h1><fund-progress fund="${SLUG}"></fund-progress></main></body></html>`);
});

after(async () => {
  await browser?.close();
  await site?.stop();
  await program?.stop();
});

async function progress() {
  return (await fetch(`${program.url}/funds/${SLUG}/progress`)).json();
}

async function give(pounds) {
  const answer = await fetch(`${program.url}/api/v1/funds/${SLUG}/donations`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
    body: JSON.stringify({ amount: `${pounds}.00`, method: "card" }),
  });
  assert.equal(answer.status, 201);
  return answer.json();
}

function pounds(text) {
  return "£" + Number(text).toLocaleString("en-GB", { minimumFractionDigits: text.endsWith(".00") ? 0 : 2 });
}

// Waits until the widget shows the figure; the answer is how long it took.
async function shows(page, figure, patience) {
  const started = Date.now();
  await page.waitForFunction((figure) => document.querySelector("fund-progress")?.shadowRoot?.textContent.includes(figure),
    figure, { timeout: patience, polling: 20 });
  return Date.now() - started;
}

test("the widget on another site is live within a second of a gift", async () => {
  const page = await openPage(browser);
  await page.goto(site.url);
  const before = await progress();
  await shows(page, pounds(before.raised), 5_000);

  for (const gift of [7, 11, 13]) {
    const raised = (Number((await progress()).raised) + gift).toFixed(2);
    await give(gift);
    assert.ok((await shows(page, pounds(raised), 1_000)) <= 1_000);
  }

  assertQuiet(page);
  await page.context().close();
});

test("the widget polls where streams are blocked", async () => {
  const page = await openPage(browser);
  await page.addInitScript(() => delete globalThis.EventSource);
  await page.goto(site.url);
  await shows(page, pounds((await progress()).raised), 5_000);

  const raised = (Number((await progress()).raised) + 17).toFixed(2);
  await give(17);

  await shows(page, pounds(raised), 45_000);
  assertQuiet(page);
  await page.context().close();
});

test("the widget polls where the stream's address is blocked", async () => {
  const page = await openPage(browser);
  await page.route("**/progress/stream", (route) => route.abort());
  await page.goto(site.url);
  await shows(page, pounds((await progress()).raised), 5_000);

  const raised = (Number((await progress()).raised) + 19).toFixed(2);
  await give(19);

  await shows(page, pounds(raised), 45_000);
  await page.context().close();
});

test("the iframe and the image show the figure without scripts", async () => {
  const page = await openPage(browser, { javaScriptEnabled: false });
  const figure = pounds((await progress()).raised);

  await page.goto(`${program.url}/funds/${SLUG}/widget`);
  assert.ok((await page.locator("body").innerText()).includes(figure));
  await page.goto(`${program.url}/funds/${SLUG}/progress.svg`);
  assert.ok((await page.content()).includes(figure));
  await page.context().close();
});

// A page of another site with words of its own inside the element.
async function siteWith(head, style, inside = `<a href="${program.url}/funds/${SLUG}">Give to the fund</a>`) {
  return startOtherSite(`<!doctype html><html lang="en"><head><title>The paper</title>${head}
    <meta name="viewport" content="width=device-width"><script src="${program.url}/widget.js" async></script></head>
    <body${style}><main><h1>The paper</h1><fund-progress fund="${SLUG}">${inside}</fund-progress></main></body></html>`);
}

test("the widget is live on a page that asks for trusted types and keeps its link", async () => {
  const policy = `default-src 'none'; script-src ${program.url}; connect-src ${program.url}; require-trusted-types-for 'script'`;
  const strict = await siteWith(`<meta http-equiv="Content-Security-Policy" content="${policy}">`, "");
  const page = await openPage(browser);
  await page.goto(strict.url);

  await shows(page, pounds((await progress()).raised), 5_000);

  assert.ok(await page.getByRole("link", { name: "Give to the fund" }).isVisible());
  assertQuiet(page);
  await page.context().close();
  await strict.stop();
});

test("the widget is read on a dark page that does not say so", async () => {
  for (const [ground, text] of [["#111", "#eee"], ["#1d2633", "#cfd8e3"], ["#fff", "#222"]]) {
    const dark = await siteWith("", ` style="background:${ground};color:${text}"`,
      `<p>Here is <a href="${program.url}/" style="color:inherit">our fund</a>.</p>`);
    const page = await openPage(browser);
    await page.goto(dark.url);
    await shows(page, pounds((await progress()).raised), 5_000);

    const colours = await page.evaluate(() => [...document.querySelector("fund-progress").shadowRoot.querySelectorAll("b, a, [part=days]")]
      .map((part) => getComputedStyle(part).color));
    const own = await page.evaluate(() => getComputedStyle(document.body).color);
    assert.deepEqual([...new Set(colours)], [own], "every word has the page's own colour");
    assert.equal(colours.length, 4, "two figures, the days, and the link that stood deeper inside");
    await assertAccessible(page, `${text} on ${ground}`);
    assertQuiet(page);
    await page.context().close();
    await dark.stop();
  }
});

test("where the figure cannot come, what stands inside the element stays", async () => {
  const page = await openPage(browser);
  const plain = await siteWith("", "");
  await page.route("**/progress**", (route) => route.abort());
  await page.goto(plain.url);
  await page.waitForFunction(() => customElements.get("fund-progress"));
  await page.waitForTimeout(500);

  assert.ok(await page.getByRole("link", { name: "Give to the fund" }).isVisible(), "the network is away");
  await page.context().close();

  const other = await openPage(browser);
  await other.route("**/progress", (route) => route.fulfill({ json: { raised: "lots" }, headers: { "access-control-allow-origin": "*" } }));
  await other.route("**/progress/stream", (route) => route.abort());
  await other.goto(plain.url);
  await other.waitForFunction(() => customElements.get("fund-progress"));
  await other.waitForTimeout(500);

  assert.ok(await other.getByRole("link", { name: "Give to the fund" }).isVisible(), "the answer is none");
  await other.context().close();
  await plain.stop();
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [PHONE, DESK]) {
    test(`the widget and the page for editors are good in ${colorScheme}, ${viewport.width} px`, async () => {
      const page = await openPage(browser, { colorScheme, viewport });
      for (const url of [site.url, `${program.url}/funds/${SLUG}/widget`, `${program.url}/embed`]) {
        await page.goto(url);
        await page.getByRole("progressbar").first().waitFor();
        await assertAccessible(page, url);
        await assertFits(page, url);
      }
      assertQuiet(page);
      await page.context().close();
    });
  }
}

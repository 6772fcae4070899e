// A reader gives: on a phone, with and without scripts, with a nervous finger, and with mistakes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PHONE, assertFits, assertQuiet, openBrowser, openPage } from "./browser.js";
import { startProgram } from "./program.js";

let program;
let browser;

before(async () => {
  program = await startProgram("demo");
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await program?.stop();
});

async function fill(page, { amount, name, email }) {
  await page.goto(`${program.url}/`);
  await page.getByLabel("Amount").fill(amount);
  await page.getByLabel("Bank transfer").check();
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Your e-mail address").fill(email);
}

// How many gifts stand in the books under this name.
async function giftsOf(name) {
  const csv = await program.run("export", "donations", "--format", "csv");
  return csv.split("\n").filter((row) => row.includes(name)).length;
}

for (const javaScriptEnabled of [false, true]) {
  const how = javaScriptEnabled ? "with scripts" : "without scripts";

  test(`a reader promises a transfer on a phone ${how} and sees where to send it`, async () => {
    const page = await openPage(browser, { viewport: PHONE, javaScriptEnabled });
    const name = `Ada ${how}`;

    await fill(page, { amount: "£25", name, email: "ada@example.org" });
    await page.getByRole("button", { name: "Give" }).click();

    assert.match(new URL(page.url()).pathname, /^\/donations\/FF[0-9A-Z]{8}-[0-9a-f]{32}$/);
    const text = await page.locator("main").innerText();
    assert.match(text, /Daily Lantern Fighting Fund/);
    assert.match(text, /£25\.00/);
    const reference = page.url().match(/FF[0-9A-Z]{8}/)[0];
    assert.ok(text.replaceAll(/\s/g, "").includes(reference), `the page names ${reference}`);
    assert.equal(await giftsOf(name), 1);
    if (javaScriptEnabled) await assertFits(page, "the giver's page");
    assertQuiet(page);
    await page.context().close();
  });
}

test("a double click, a reload and the same form sent again give once", async () => {
  const page = await openPage(browser, { viewport: PHONE });
  const sent = [];
  page.on("request", (request) => request.method() === "POST" && sent.push(request));
  await fill(page, { amount: "12.50", name: "Twice Clicked", email: "twice@example.org" });

  await page.getByRole("button", { name: "Give" }).dblclick();
  await page.waitForURL(/\/donations\/FF/);
  await page.reload();
  const again = await page.request.post(sent[0].url(), {
    data: sent[0].postDataBuffer(),
    headers: { "content-type": "application/x-www-form-urlencoded", origin: program.url },
    maxRedirects: 0,
  });

  assert.equal(again.status(), 303);
  assert.equal(new URL(again.headers().location, program.url).pathname, new URL(page.url()).pathname);
  assert.equal(await giftsOf("Twice Clicked"), 1);
  assertQuiet(page);
  await page.context().close();
});

test("what is wrong stands beside its field and what was typed is kept", async () => {
  const page = await openPage(browser, { viewport: PHONE });
  await fill(page, { amount: "25.005", name: "Kept Name", email: "a@b" });

  await page.getByRole("button", { name: "Give" }).click();
  await page.waitForURL(/\/donations/);

  for (const [field, value] of [["amount", "25.005"], ["email", "a@b"]]) {
    const input = page.locator(`input[name=${field}]`);
    assert.equal(await input.inputValue(), value);
    assert.equal(await input.getAttribute("aria-invalid"), "true");
    const described = (await input.getAttribute("aria-describedby")).split(" ").pop();
    const box = await input.boundingBox();
    const sentence = await page.locator(`[id="${described}"]`).boundingBox();
    assert.ok(Math.abs(sentence.y - box.y) < 150, `the sentence stands beside ${field}`);
  }
  assert.equal(await page.locator("input[name=name]").inputValue(), "Kept Name");
  assert.equal(await giftsOf("Kept Name"), 0);
  // The 422 itself is reported to the console by the browser; nothing else is.
  assert.deepEqual(page.complaints.filter((it) => !it.includes("422")), []);
  await page.context().close();
});

test("the corrected form gives once", async () => {
  const page = await openPage(browser);
  await fill(page, { amount: "", name: "Corrected Later", email: "later@example.org" });
  await page.getByRole("button", { name: "Give" }).click();
  await page.waitForURL(/\/donations/);

  await page.getByLabel("Amount").fill("1,000");
  await page.getByRole("button", { name: "Give" }).click();
  await page.waitForURL(/\/donations\/FF/);

  assert.match(await page.locator("main").innerText(), /£1,000\.00/);
  assert.equal(await giftsOf("Corrected Later"), 1);
  await page.context().close();
});

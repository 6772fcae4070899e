// Every page, in light and dark, on a phone and on a desk: no barrier, no quarrel with its policy, nothing cut off.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, assertAccessible, assertFits, assertQuiet, openBrowser, openPage } from "./browser.js";
import { startProgram } from "./program.js";

const LOOKS = [
  { colorScheme: "light", viewport: PHONE },
  { colorScheme: "light", viewport: DESK },
  { colorScheme: "dark", viewport: PHONE },
  { colorScheme: "dark", viewport: DESK },
];

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

async function assertGood(page, where) {
  await assertAccessible(page, where);
  await assertFits(page, where);
}

for (const look of LOOKS) {
  const how = `${look.colorScheme}, ${look.viewport.width} px`;

  test(`the public pages are good in ${how}`, async () => {
    const page = await openPage(browser, look);

    await page.goto(`${program.url}/`);
    await assertGood(page, `the fund (${how})`);
    await page.getByLabel("Amount").fill("25");
    await page.getByLabel("Your name").fill("Mary Barton");
    await page.getByLabel("Your e-mail address").fill("mary@example.org");
    await page.getByRole("button", { name: "Give" }).click();
    await page.waitForURL(/\/donations\/FF/);
    for (const lid of await page.locator("details > summary").all()) await lid.click();
    await assertGood(page, `the giver's page (${how})`);
    await page.locator("#address").getByLabel("Your e-mail address").fill("mary@example.net");
    await page.getByRole("button", { name: "Send it there" }).click();
    await page.getByText("mary@example.net").first().waitFor();
    await assertGood(page, `the giver's page with another address (${how})`);
    await page.getByRole("button", { name: "Please do not remind me" }).click();
    await page.getByText("We will not remind you of it.").waitFor();
    await assertGood(page, `the giver's page without a reminder (${how})`);
    await page.getByRole("button", { name: "I will not give it after all" }).click();
    await page.getByText("That promise was cancelled").waitFor();
    await assertGood(page, `the page of a promise that was called off (${how})`);

    await page.goto(`${program.url}/?amount=25`);
    assert.equal(await page.getByLabel("Amount").inputValue(), "25", "a link may name the amount");
    await page.getByRole("link", { name: "Each month by standing order" }).click();
    await page.waitForURL(/\/standing-order$/);
    await assertGood(page, `the form for a standing order (${how})`);
    await page.getByLabel("Amount each month").fill("10");
    await page.getByLabel("Day of the month").fill("31");
    await page.getByLabel("Your name").fill("Mary Barton");
    await page.getByLabel("Your e-mail address").fill("mary@example.org");
    await page.getByRole("button", { name: "Make the form for my bank" }).click();
    await page.waitForURL(/\/donations\/FF/);
    await assertGood(page, `the standing order (${how})`);
    await page.emulateMedia({ media: "print" });
    await assertFits(page, `the standing order on paper (${how})`);
    assert.equal(await page.getByRole("button").count(), 0, "paper has no buttons");

    assertQuiet(page);
    await page.context().close();
  });

  test(`the pages that say what is wrong are good in ${how}`, async () => {
    const page = await openPage(browser, look);

    await page.goto(`${program.url}/`);
    await page.getByRole("button", { name: "Give" }).click();
    await page.getByText("Please look again").first().waitFor();
    await assertGood(page, `the form with faults (${how})`);
    await page.goto(`${program.url}/funds/fighting-fund/standing-order`);
    await page.getByRole("button", { name: "Make the form for my bank" }).click();
    await page.getByText("Please look again").first().waitFor();
    await assertGood(page, `the form for a standing order with faults (${how})`);
    const missing = await page.goto(`${program.url}/nowhere`);
    assert.equal(missing.status(), 404);
    await assertGood(page, `the page that is not there (${how})`);

    // The browser itself reports the two statuses; nothing else.
    assert.deepEqual(page.complaints.filter((it) => !/status of (404|422)/.test(it)), []);
    await page.context().close();
  });
}

test("the figure is in the page before any script runs", async () => {
  const page = await openPage(browser, { javaScriptEnabled: false });

  await page.goto(`${program.url}/`);

  const figure = await page.locator(".figure").first().innerText();
  assert.match(figure, /^£[\d,]+(\.\d\d)?$/);
  assert.equal(await page.getByRole("progressbar").count(), 1);
  await page.context().close();
});

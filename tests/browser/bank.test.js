// A clerk takes a statement in, works through its lines with one key each, undoes, and a treasurer reconciles.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, assertAccessible, assertFits, assertQuiet, openBrowser, openPage } from "./browser.js";
import { startProgram } from "./program.js";

let program;
let browser;
let signedIn;

before(async () => {
  program = await startProgram("demo");
  browser = await openBrowser();
  const page = await openPage(browser);
  await page.goto(`${program.url}/desk/sign-in`);
  await page.getByLabel("E-mail address").fill("treasurer@lantern.example");
  await page.getByLabel("Password").fill(/password "([^"]+)"/.exec(program.output)[1]);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/desk$/);
  signedIn = await page.context().storageState();
  await page.context().close();
});

after(async () => {
  await browser?.close();
  await program?.stop();
});

// Presses a key that leads to another page, or to this one again.
async function press(page, key) {
  await Promise.all([page.waitForEvent("load"), page.keyboard.press(key)]);
}

async function waiting(page) {
  const words = await page.locator("h1").innerText();
  return words.startsWith("Nothing") ? 0 : words.startsWith("One") ? 1 : Number(words.split(" ")[0].replace(",", ""));
}

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [PHONE, DESK]) {
    const how = `${colorScheme}, ${viewport.width} px`;

    test(`the pages of the bank are good in ${how}`, async () => {
      const page = await openPage(browser, { colorScheme, viewport, storageState: signedIn });
      await page.goto(`${program.url}/desk/bank/queue`);
      const line = await page.locator("[data-line] [data-key=p]").first().getAttribute("href");

      for (const path of ["/desk/bank", "/desk/bank/queue", "/desk/bank/unallocated", "/desk/bank/reconciliation", line]) {
        const answer = await page.goto(`${program.url}${path}`);
        assert.equal(answer.status(), 200, path);
        for (const lid of await page.locator("details > summary").all()) await lid.click();
        await assertAccessible(page, `${path} (${how})`);
        await assertFits(page, `${path} (${how})`);
      }

      assertQuiet(page);
      await page.context().close();
    });
  }
}

test("a statement is taken in, worked through by keys, undone and reconciled", async () => {
  const page = await openPage(browser, { storageState: signedIn });
  const today = new Date().toLocaleDateString("en-GB", { timeZone: "Europe/London" });
  const rows = [`${today},FPI,MR J BARTON FOR THE PAPER,,42.00`, `${today},CHG,ACCOUNT CHARGES,6.50,`];
  const csv = `Date,Type,Description,Paid out,Paid in\n${rows.join("\n")}\n`;
  await page.goto(`${program.url}/desk/bank/import`);
  await page.getByLabel("The file from the bank").setInputFiles({ name: "today.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByRole("button", { name: "Look at it first" }).click();
  await page.getByRole("button", { name: /^Take in 2 lines/ }).click();
  await page.waitForURL(/\/desk\/bank\/statements\/\d+/);

  await page.goto(`${program.url}/desk/bank/queue`);
  const all = await waiting(page);
  assert.ok(all > 4, `${all} lines wait`);
  await page.keyboard.press("j");
  assert.equal(await page.locator("[data-line].is-current").getAttribute("id"), await page.locator("[data-line]").nth(1).getAttribute("id"));
  await page.keyboard.press("k");

  const first = await page.locator("[data-line]").first().getAttribute("id");
  await press(page, "u");
  assert.equal(await waiting(page), all - 1);
  assert.match(await page.locator(".last-deed").innerText(), /left unallocated/);
  await press(page, "z");
  assert.equal(await waiting(page), all);
  assert.equal(await page.locator("[data-line].is-current").getAttribute("id"), first);

  await press(page, "s");
  assert.match(page.url(), /\/desk\/bank\/lines\/\d+\?.*#split$/);
  assert.ok(await page.locator("#split").evaluate((deed) => deed.open));
  await page.goto(`${program.url}/desk/bank/queue`);

  for (let left = all; left > 0; left = await waiting(page)) {
    const isOffered = (await page.locator("[data-line].is-current [data-key=a]").count()) > 0;
    await press(page, isOffered ? "a" : left % 2 ? "o" : "u");
    assert.equal(await waiting(page), left - 1, await page.locator("main").innerText());
  }

  await page.goto(`${program.url}/desk/bank/reconciliation`);
  assert.match(await page.locator("main").innerText(), /explain all of the difference|agree, to the penny/);
  assert.match(await program.run("verify"), /No entry of the bank account stands on the statements twice/);
  assertQuiet(page);
  await page.context().close();
});

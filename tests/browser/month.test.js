// The month's end and the column, as a treasurer meets them on a screen and on a phone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, assertAccessible, assertFits, assertQuiet, openBrowser, openPage } from "./browser.js";
import { startProgram } from "./program.js";

let program;
let browser;
let signedIn;
let months;

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
  await page.goto(`${program.url}/desk/funds/fighting-fund`);
  // The newest runs; the one before it is over.
  months = await page.locator("main table tbody tr th a").evaluateAll((links) => links.map((link) => link.textContent));
  await page.context().close();
});

after(async () => {
  await browser?.close();
  await program?.stop();
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [PHONE, DESK]) {
    const how = `${colorScheme}, ${viewport.width} px`;

    test(`the checklist, the year, the column and what is behind it are good in ${how}`, async () => {
      const page = await openPage(browser, { colorScheme, viewport, storageState: signedIn });
      const places = [
        `/desk/funds/fighting-fund/appeals/${months[1]}/closing`,
        `/desk/funds/fighting-fund/appeals/${months[0]}/closing`,
        "/desk/funds/fighting-fund/year",
        "/desk/column",
        `/desk/column?from=${months[1]}-25&until=${months[0]}-05`,
      ];

      for (const place of places) {
        const answer = await page.goto(`${program.url}${place}`);
        assert.equal(answer.status(), 200, place);
        await assertAccessible(page, `${place} (${how})`);
        await assertFits(page, `${place} (${how})`);
      }
      await page.locator(".column-print a").first().click();
      await page.waitForURL(/\/desk\/column\/behind/);
      await assertAccessible(page, `the gifts behind a figure (${how})`);
      await assertFits(page, `the gifts behind a figure (${how})`);

      assertQuiet(page);
      await page.context().close();
    });
  }
}

test("a figure of the column leads to gifts that add up to it", async () => {
  const page = await openPage(browser, { storageState: signedIn });
  await page.goto(`${program.url}/desk/column?from=${months[1]}-08&until=${months[1]}-14`);
  const figure = await page.locator(".column-print tfoot td").first().innerText();

  await page.getByRole("link", { name: "You’ve raised" }).click();
  await page.waitForURL(/\/desk\/column\/behind/);

  const together = page.locator("dl.facts > div", { hasText: "Together" }).locator("dd");
  assert.equal(await together.innerText(), figure);
  await page.context().close();
});

test("a treasurer proves the books, closes the month, and opens it again with a reason", async () => {
  const page = await openPage(browser, { storageState: signedIn });
  await page.goto(`${program.url}/desk/funds/fighting-fund/appeals/${months[1]}`);
  await page.getByRole("link", { name: "Close its books" }).click();
  await page.getByRole("button", { name: "Prove the books now" }).click();
  await page.getByText("Every check held").waitFor();

  for (const box of await page.locator("input[name=waive]").all()) await box.check();
  if (await page.getByLabel("Why").count()) await page.getByLabel("Why").fill("the demo's letters are not real");
  await assertAccessible(page, "a checklist that is ready");
  await page.getByRole("button", { name: /^Close / }).click();
  await page.getByText("books closed", { exact: true }).waitFor();
  await page.getByRole("link", { name: "The closing" }).click();
  await assertAccessible(page, "a closed month");
  await page.getByRole("button", { name: /^Open the books/ }).click();
  await page.getByText("Please say why").first().waitFor();
  await page.getByLabel("Why").fill("a cheque was found");
  await page.getByRole("button", { name: /^Open the books/ }).click();
  await page.getByText("Books opened again").first().waitFor();

  await page.context().close();
});

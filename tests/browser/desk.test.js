// Staff come in by the link of the first start, and every page of theirs is good to read.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, assertAccessible, assertFits, assertQuiet, openBrowser, openPage } from "./browser.js";
import { startProgram } from "./program.js";

const PASSWORD = "a dozen red roses";
const PAGES = ["/desk/account", "/desk/staff", "/desk/tokens", "/desk/audit", "/desk/column", "/desk/funds/fighting-fund/year", "/desk/receipts", "/desk/letters/withheld", "/desk/gifts/promises", "/desk/gifts/refunds", "/desk/shares/applications/unpaid", "/desk/receipts/print", "/desk/receipts/returned", "/desk/supporters", "/desk/statements", "/desk/standing-orders", "/desk/standing-orders/new"];

let program;
let browser;
let signedIn;

before(async () => {
  program = await startProgram("serve");
  browser = await openBrowser();
  const page = await openPage(browser);
  await page.goto(program.output.match(/http\S+\/desk\/welcome\/\S+/)[0]);
  await page.getByLabel("Your name").fill("Jane Doe");
  await page.getByLabel("E-mail address").fill("jane@example.org");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button").first().click();
  await page.waitForURL((url) => !url.pathname.startsWith("/desk/welcome"));
  signedIn = await page.context().storageState();
  await page.context().close();
});

after(async () => {
  await browser?.close();
  await program?.stop();
});

test("the link of the first start works once", async () => {
  const page = await openPage(browser);

  const answer = await page.goto(program.output.match(/http\S+\/desk\/welcome\/\S+/)[0]);

  assert.ok(answer.status() >= 400, `${answer.status()}`);
  assert.equal(await page.getByLabel("Password").count(), 0);
  await page.context().close();
});

test("without a sign-in the desk leads to the door, and the password opens it", async () => {
  const page = await openPage(browser, { viewport: PHONE });
  await page.goto(`${program.url}/desk/account`);
  assert.equal(new URL(page.url()).pathname, "/desk/sign-in");
  await assertAccessible(page, "the door");

  await page.getByLabel("E-mail address").fill("jane@example.org");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/desk\/account/);

  assert.match(await page.locator("main").innerText(), /Jane Doe/);
  assertQuiet(page);
  await page.context().close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [PHONE, DESK]) {
    const how = `${colorScheme}, ${viewport.width} px`;

    test(`the pages of the staff are good in ${how}`, async () => {
      const page = await openPage(browser, { colorScheme, viewport, storageState: signedIn });

      for (const path of PAGES) {
        const answer = await page.goto(`${program.url}${path}`);
        assert.equal(answer.status(), 200, path);
        await assertAccessible(page, `${path} (${how})`);
        await assertFits(page, `${path} (${how})`);
      }

      assertQuiet(page);
      await page.context().close();
    });
  }
}

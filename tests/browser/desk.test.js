// Staff come in by the link of the first start, and every page of theirs is good to read.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, assertAccessible, assertFits, assertQuiet, assertWhole, openBrowser, openPage } from "./browser.js";
import { startProgram } from "./program.js";

const PASSWORD = "a dozen red roses";
const PAGES = ["/desk/account", "/desk/staff", "/desk/tokens", "/desk/audit", "/desk/column", "/desk/funds/fighting-fund/year", "/desk/receipts", "/desk/letters/withheld", "/desk/gifts/promises", "/desk/gifts/refunds", "/desk/gifts/import", "/desk/shares/applications/unpaid", "/desk/receipts/print", "/desk/receipts/returned", "/desk/supporters", "/desk/statements", "/desk/standing-orders", "/desk/standing-orders/new"];

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

test("what was typed when the session ended is there again behind the door", async () => {
  const page = await openPage(browser, { viewport: DESK, storageState: signedIn });
  await page.goto(`${program.url}/desk/gifts/new`);
  await page.getByLabel("Amount").fill("12.50");
  await page.getByLabel("How it comes").selectOption("cash");
  await page.getByLabel("Giver’s name").fill("Typed Long");
  await page.getByLabel("Note").fill("two\nlines");
  await page.context().clearCookies({ name: /session/ });
  await page.getByRole("button", { name: "Record" }).click();
  await page.getByText("Please sign in again").first().waitFor();
  await assertWhole(page, "the door, with what was typed");

  await page.getByLabel("E-mail address").fill("jane@example.org");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Here is what you typed").first().waitFor();
  await assertWhole(page, "what was typed");
  assert.equal(await page.getByLabel("Note").inputValue(), "two\nlines");
  await page.getByRole("button", { name: "Send it now" }).click();
  await page.waitForURL(/\/desk\/gifts\/FF/);

  assert.match(await page.locator("main").innerText(), /£12\.50 from Typed Long/);
  // The refusal of the lost session is reported by the browser; nothing else is.
  assert.deepEqual(page.complaints.filter((it) => !/status of 401/.test(it)), []);
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

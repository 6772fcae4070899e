// Standing orders and pictures: read without seeing, on a phone, in the dark and on paper; used from the keyboard.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, assertAccessible, assertFits, assertQuiet, openBrowser, openPage } from "./browser.js";
import { startProgram } from "./program.js";

let program;
let browser;
let signedIn;
let paths;

before(async () => {
  program = await startProgram("demo");
  browser = await openBrowser();
  const page = await openPage(browser);
  await page.goto(`${program.url}/desk/sign-in`);
  await page.getByLabel("E-mail address").fill("clerk@lantern.example");
  await page.getByLabel("Password").fill(/password "([^"]+)"/.exec(program.output)[1]);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/desk$/);
  const first = async (state) => {
    await page.goto(`${program.url}/desk/standing-orders?state=${state}`);
    return page.locator("tbody th a").first().getAttribute("href");
  };
  paths = ["/desk", "/desk/standing-orders", "/desk/funds/fighting-fund/year", await first("arrived"), await first("quiet"),
    await first("offered")];
  signedIn = await page.context().storageState();
  await page.context().close();
});

after(async () => {
  await browser?.close();
  await program?.stop();
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [PHONE, DESK]) {
    const how = `${colorScheme}, ${viewport.width} px`;

    test(`standing orders and pictures are good in ${how}`, async () => {
      const page = await openPage(browser, { colorScheme, viewport, storageState: signedIn });

      for (const path of paths) {
        const answer = await page.goto(`${program.url}${path}`);
        assert.equal(answer.status(), 200, path);
        for (const table of await page.locator(".chart summary").all()) await table.click();
        await assertAccessible(page, `${path} (${how})`);
        await assertFits(page, `${path} (${how})`);
      }

      assertQuiet(page);
      await page.context().close();
    });
  }
}

test("every picture has a name, its words, and a table with as many months as it has columns", async () => {
  const page = await openPage(browser, { storageState: signedIn });
  for (const [path, mark] of [["/desk/standing-orders", "circle.count-dot"], ["/desk/funds/fighting-fund/year", ".by-method text.month"]]) {
    await page.goto(`${program.url}${path}`);
    const figure = page.locator(".over-time, .by-method");
    const named = await figure.getByRole("img").evaluate((svg) => svg.getAttribute("aria-labelledby").split(" ")
      .map((id) => document.getElementById(id).textContent));
    assert.ok(named.every((text) => text.length > 10), `${path}: ${named}`);
    const rows = await figure.locator("tbody tr").count();
    assert.equal(await page.locator(mark).count(), rows, path);
  }
  await page.context().close();
});

test("the numbers under a picture are on paper although the table is shut", async () => {
  const page = await openPage(browser, { storageState: signedIn });
  await page.goto(`${program.url}/desk/standing-orders`);
  await page.emulateMedia({ media: "print" });

  const height = await page.locator(".over-time table").evaluate((table) => table.getBoundingClientRect().height);

  assert.ok(height > 100, `${height}`);
  await page.context().close();
});

test("a clerk enters a standing order and stops it from the keyboard", async () => {
  const page = await openPage(browser, { storageState: signedIn });
  await page.goto(`${program.url}/desk/standing-orders/new`);
  await page.getByLabel("Supporter’s name").focus();
  const day = new Date().toISOString().slice(0, 10);
  await page.keyboard.type("Keir Testament");
  for (const typed of ["keir@example.org", "7.50", "28"]) {
    await page.keyboard.press("Tab");
    await page.keyboard.type(typed);
  }
  await page.keyboard.press("Enter");
  await page.waitForURL(/standing-orders\/\d+$/);
  assert.match(await page.locator("main").innerText(), /£7\.50/);

  await page.getByText("It has stopped").click();
  await page.locator("#stop-on").fill(day);
  await page.locator("#stop-reason").fill("a letter");
  await page.keyboard.press("Enter");
  await page.waitForURL(/standing-orders\/\d+$/);

  assert.match(await page.locator("main").innerText(), /stopped/i);
  assertQuiet(page);
  await page.context().close();
});

// A clerk opens the post: a batch is entered by the keyboard alone, posted when it adds up, and paid in.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, assertAccessible, assertFits, assertQuiet, openBrowser, openPage } from "./browser.js";
import { startProgram } from "./program.js";

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
  await page.getByLabel("Password").fill("a dozen red roses");
  await page.getByRole("button").first().click();
  await page.waitForURL((url) => !url.pathname.startsWith("/desk/welcome"));
  signedIn = await page.context().storageState();
  await page.context().close();
});

after(async () => {
  await browser?.close();
  await program?.stop();
});

test("three cheques are entered with Tab and Enter, posted and paid in", async () => {
  const page = await openPage(browser, { viewport: DESK, storageState: signedIn });
  await page.goto(`${program.url}/desk/batches/new`);
  await page.getByLabel("Sum that was counted").fill("47.50");
  await page.getByLabel("How many").fill("3");
  await page.getByLabel("How many").press("Enter");
  await page.waitForURL(/\/desk\/batches\/1$/);

  const rows = [["10", "Ann Lee <ann@example.org>"], ["30", "Ngũgĩ wa Thiong’o"], ["7.50", ""]];
  for (const [at, [amount, from]] of rows.entries()) {
    await page.waitForFunction(() => document.activeElement?.name === "amount" && document.activeElement.value === "");
    await page.keyboard.type(amount);
    await page.keyboard.press("Tab");
    await page.keyboard.type(from);
    await page.keyboard.press("Enter");
    await page.locator("#rows > tr").nth(at).waitFor();
  }

  assert.match(await page.locator("#totals").innerText(), /£47\.50[\s\S]*adds up/);
  await assertAccessible(page, "the sheet");
  await page.getByRole("button", { name: "Post the batch" }).press("Enter");
  await page.getByText("posted", { exact: true }).waitFor();
  await assertAccessible(page, "the posted batch");

  await page.goto(`${program.url}/desk/batches/slips`);
  await assertAccessible(page, "the cheques in hand");
  await page.getByLabel("Number in the paying-in book").fill("500123");
  await page.getByRole("button", { name: "Pay in" }).press("Enter");
  await page.waitForURL(/\/desk\/batches\/slips\/1$/);
  assert.match(await page.locator("main").innerText(), /£47\.50/);
  await assertAccessible(page, "the slip");
  assertQuiet(page);
  await page.context().close();
});

test("a row that is wrong stays in its place with the sentence beside it", async () => {
  const page = await openPage(browser, { viewport: PHONE, storageState: signedIn });
  await page.goto(`${program.url}/desk/batches/new`);
  await page.getByLabel("Sum that was counted").fill("5");
  await page.getByLabel("How many").fill("1");
  await page.getByRole("button", { name: "Open the batch" }).click();
  await page.waitForURL(/\/desk\/batches\/2$/);

  await page.keyboard.type("five");
  await page.keyboard.press("Enter");
  await page.locator("#entry .error").first().waitFor();

  assert.equal(await page.getByLabel("Amount").inputValue(), "five");
  assert.equal(await page.evaluate(() => document.activeElement.name), "amount");
  await assertAccessible(page, "the refused row");
  await assertFits(page, "the sheet on a phone");
  assertQuiet(page);
  await page.context().close();
});

test("without scripts the next row begins where the last one ended", async () => {
  const page = await openPage(browser, { viewport: DESK, storageState: signedIn, javaScriptEnabled: false });
  await page.goto(`${program.url}/desk/batches/new`);
  await page.getByLabel("Sum that was counted").fill("30");
  await page.getByLabel("How many").fill("2");
  await page.getByLabel("How many").press("Enter");
  await page.waitForURL(/\/desk\/batches\/3$/);

  for (const [at, [amount, from]] of [["10", "Ann Lee"], ["20", "Bo Lee"]].entries()) {
    // Nothing is clicked: the browser itself puts the focus into the amount.
    await page.locator("#amount:focus").waitFor();
    await page.keyboard.type(amount);
    await page.keyboard.press("Tab");
    await page.keyboard.type(from);
    await page.keyboard.press("Enter");
    await page.locator("#rows > tr").nth(at).waitFor();
  }
  await page.locator("#amount:focus").waitFor();
  assert.match(await page.locator("#totals").innerText(), /£30\.00[\s\S]*adds up/);
  await page.context().close();
});

test("what few envelopes have is one Tab behind the row and stays unfolded", async () => {
  const page = await openPage(browser, { viewport: DESK, storageState: signedIn });
  await page.goto(`${program.url}/desk/batches/2`);
  await page.getByLabel("Amount").fill("5");
  await page.getByLabel("From", { exact: true }).fill("Cy Lee");
  const rare = page.getByText("Postal address, in memory of");
  await page.getByLabel("Not to be named").press("Tab");
  await rare.press("Enter");
  await page.getByLabel("Postal address", { exact: true }).fill("1 High Street\nLeeds LS1 1AA");
  await page.getByLabel("In memory of", { exact: true }).fill("Rose Lee");
  await assertAccessible(page, "the row with its address");
  await page.getByLabel("Postal address", { exact: true }).press("Control+Enter");
  await page.locator("#rows > tr").first().waitFor();

  assert.match(await page.locator("#rows").innerText(), /in memory of Rose Lee, not to be printed 1 High Street, Leeds LS1 1AA/);
  assert.equal(await page.locator("#rare").getAttribute("open"), "");
  assert.equal(await page.evaluate(() => document.activeElement.name), "amount");
  assertQuiet(page);
  await page.context().close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`the pages of the post are good in ${colorScheme}`, async () => {
    for (const viewport of [PHONE, DESK]) {
      const page = await openPage(browser, { colorScheme, viewport, storageState: signedIn });
      for (const path of ["", "/new", "/1", "/2", "/slips", "/slips/1"]) {
        const answer = await page.goto(`${program.url}/desk/batches${path}`);
        assert.equal(answer.status(), 200, path);
        await assertAccessible(page, `/desk/batches${path}`);
        await assertFits(page, `/desk/batches${path}`);
      }
      assertQuiet(page);
      await page.context().close();
    }
  });
}

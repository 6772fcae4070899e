// Gifts at the desk: lists that come from elsewhere, what was entered by mistake, refunds, and mail that comes back.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DESK, assertQuiet, assertWhole, openBrowser, openPage } from "./browser.js";
import { startProgram } from "./program.js";

const RETURNS = "back";
const LIST = `Donor,Gift total,Came,How,State of it,Shoe size
Ada Brook,10.00,03/11/2026,Cheque,Paid,7
Ben Cole,20.00,04/11/2026,Bank Transfer,Paid,8
Cy Dunn,5.00,05/11/2026,cash,Failed,9
`;

let program;
let browser;
let signedIn;

before(async () => {
  const settings = { FF_BOUNCE_ADDRESS: "bounces@paper.example", FF_BOUNCES: `dir:${RETURNS}` };
  const prepare = (program) => mkdir(join(program.folder, RETURNS));
  program = await startProgram("demo", { settings, prepare });
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

const openDesk = () => openPage(browser, { viewport: DESK, storageState: signedIn });

async function send(page, name, csv) {
  await page.goto(`${program.url}/desk/gifts/import`);
  await page.getByLabel("The list").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByRole("button", { name: "Look at it first" }).click();
  await page.waitForURL(/\/desk\/gifts\/import\/[0-9a-f]+/);
}

async function record(page, name, email, amount) {
  await page.goto(`${program.url}/desk/gifts/new`);
  await page.getByLabel("Amount").fill(amount);
  await page.getByLabel("How it comes").selectOption("cash");
  await page.getByLabel("Giver’s name").fill(name);
  await page.getByLabel("Giver’s e-mail address").fill(email);
  await page.getByRole("button", { name: "Record" }).click();
  await page.waitForURL(/\/desk\/gifts\/FF/);
  return page.url();
}

async function openDeed(page, id) {
  const deed = page.locator(`#${id}`);
  if ((await deed.getAttribute("open")) === null) await deed.locator("summary").click();
  return deed;
}

test("a list is looked at, its columns are said once, and its twin is asked about", async () => {
  const page = await openDesk();
  await page.goto(`${program.url}/desk/gifts/import`);
  await page.getByRole("button", { name: "Look at it first" }).click();
  await page.getByText("Please choose the file").first().waitFor();
  await assertWhole(page, "no list was chosen");

  await send(page, "autumn.csv", LIST);
  const asked = await page.getByRole("alert").first().innerText();
  assert.match(asked, /"amount" is missing[^]*Please choose below/);
  assert.doesNotMatch(asked, /--/, "nobody at the desk has a command line");
  await assertWhole(page, "a list whose columns are not known");
  const columns = { "Gift total": "Amount", Came: "Day it came (received_on)", How: "How it came (method)", "State of it": "State: paid, pending, failed" };
  for (const [heading, label] of Object.entries(columns)) {
    await page.getByLabel(heading, { exact: true }).selectOption({ label });
  }
  await page.getByLabel("The program it comes from").fill("Old program");
  await page.getByRole("button", { name: "Read it like this" }).click();
  await page.getByRole("button", { name: "Take in 2 gifts" }).waitFor();
  const shown = await page.locator("main").innerText();
  assert.match(shown, /£30\.00[^]*left out: 1 row/);
  assert.doesNotMatch(shown, /--letters/);
  await assertWhole(page, "a list as it is understood");
  await page.getByRole("button", { name: "Take in 2 gifts" }).click();
  await page.waitForURL(/\/desk\/gifts$/);

  await send(page, "winter.csv", "name,amount,method,received_on\nEd Ford,7,tin,2026-11-03\nFay Gale,8.00,cash,2026-11-03\n");
  assert.match(await page.getByRole("alert").first().innerText(), /One row has to be mended/);
  await assertWhole(page, "a list with a fault");
  await page.getByRole("button", { name: "Let this list go" }).click();
  await page.waitForURL(/\/desk\/gifts\/import$/);
  await page.getByText("autumn.csv").waitFor();
  await assertWhole(page, "lists that were taken in");

  const coins = "amount,method,received_on\n1.00,cash,2026-11-03\n1.00,cash,2026-11-03\n";
  await send(page, "tin.csv", coins);
  await page.getByRole("button", { name: "Take in 2 gifts" }).click();
  await page.waitForURL(/\/desk\/gifts$/);
  await send(page, "tin-2.csv", `${coins}2.00,cash,2026-11-03\n`);
  assert.match(await page.getByRole("alert").first().innerText(), /2 rows look like another list’s/);
  await assertWhole(page, "a second tin");
  await page.getByLabel("They are gifts of their own").check();
  await page.locator("button[value=record]").click();
  await page.waitForURL(/\/desk\/gifts$/);

  // What was refused was answered with 422, which the console notes.
  assert.deepEqual(page.complaints.filter((words) => !words.includes("422")), []);
  await page.context().close();
});

test("a mistyped gift is put right, and what was paid back in cash or by the bank is listed", async () => {
  const page = await openDesk();
  const gift = await record(page, "Gus Hart", "gus@example.org", "70.20");
  await page.locator("details").evaluateAll((all) => all.forEach((deed) => (deed.open = true)));
  await assertWhole(page, "a gift with all that can be done");
  await (await openDeed(page, "correction")).getByLabel("What it should have been").fill("seven");
  await page.locator("#correction").getByRole("button", { name: "Put it right" }).click();
  await page.locator("#correction .error").first().waitFor();
  await assertWhole(page, "a correction that is refused");
  await page.locator("#correction").getByLabel("What it should have been").fill("7.02");
  await page.locator("#correction").getByLabel("Why").fill("a slip of the finger");
  await page.locator("#correction").getByRole("button", { name: "Put it right" }).click();
  await page.getByText("£70.20 had been entered, it is £7.02").waitFor();
  await assertWhole(page, "a corrected gift");

  await page.goto(gift);
  const refund = await openDeed(page, "refund");
  await refund.getByLabel("Amount to give back").fill("2");
  await refund.getByLabel("Why").fill("it was asked for");
  await refund.getByRole("button", { name: "Refund" }).click();
  await page.getByText("£2.00 refunded").waitFor();
  await page.goto(`${program.url}/desk/gifts/refunds`);
  await assertWhole(page, "refunds to be paid");
  assert.deepEqual(page.complaints.filter((words) => !words.includes("422")), []);
  await page.context().close();
});

test("a letter that came back is read by itself, and a pasted one finds its letter", async () => {
  const page = await openDesk();
  const gift = await record(page, "Ivy Lamb", "ivy@example.org", "12");
  const [back] = await until(async () => (await program.letters()).filter((letter) => letter.to === "ivy@example.org"));
  const report = (to) => `From: MAILER-DAEMON@mx.example.org
To: ${to}
Subject: Undelivered mail
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ivy@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <ivy@example.org>: recipient address rejected: user unknown in virtual mailbox table

--b1--
`;
  await page.goto(`${program.url}/desk/receipts/returned`);
  await page.getByLabel("The mail", { exact: true }).fill(report("fund@paper.example"));
  await page.getByRole("button", { name: "Find the letter" }).click();
  await page.getByRole("button", { name: "This one came back" }).waitFor();
  await assertWhole(page, "a pasted mail that came back");

  await writeFile(join(program.folder, RETURNS, "1.eml"), report(back.returnPath));
  await writeFile(join(program.folder, RETURNS, "2.eml"),
    `From: Ivy Lamb <ivy@example.org>\nTo: ${back.returnPath}\nSubject: Re: Thank you, and when does the next number come out?\n\nHow kind.\n`);
  await until(async () => {
    await page.goto(`${program.url}/desk/receipts/returned`);
    return (await page.locator("main").innerText()).match(/user unknown[^]*next number|next number[^]*user unknown/);
  });
  await assertWhole(page, "mails that were read by themselves");
  await page.goto(gift);
  assert.match(await page.getByRole("row", { name: /^Receipt/ }).innerText(), /user unknown/);
  await assertWhole(page, "a gift whose receipt came back");
  await page.goto(`${program.url}/desk`);
  await assertWhole(page, "today, with a mail that waits for somebody");
  assertQuiet(page);
  await page.context().close();
});

// Asks again until there is something.
async function until(ask) {
  for (let tries = 0; tries < 120; tries += 1) {
    const found = await ask();
    if (found && (found.length ?? 1) > 0) return found;
    await new Promise((later) => setTimeout(later, 250));
  }
  throw new Error("it never came");
}

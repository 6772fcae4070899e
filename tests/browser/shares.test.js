// A reader becomes an owner: from the homepage's sentence to the certificate, the vote, and out again.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { DESK, PHONE, assertAccessible, assertFits, assertQuiet, assertWhole, openBrowser, openPage } from "./browser.js";
import { startProgram } from "./program.js";

let program;
let browser;
let signedIn;

before(async () => {
  program = await startProgram("demo");
  browser = await openBrowser();
  signedIn = await signIn("administrator");
});

// Signs somebody in; the answer is what their browser keeps.
async function signIn(who) {
  const page = await openPage(browser);
  await page.goto(`${program.url}/desk/sign-in`);
  await page.getByLabel("E-mail address").fill(`${who}@lantern.example`);
  await page.getByLabel("Password").fill(/password "([^"]+)"/.exec(program.output)[1]);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/desk$/);
  const kept = await page.context().storageState();
  await page.context().close();
  return kept;
}

after(async () => {
  await browser?.close();
  await program?.stop();
});

// Days of the society's own calendar: this one, and some on which other things were true.
const DAYS = [0, 1, 30, 90, 200].map((ago) =>
  new Date(Date.now() - ago * 86_400_000).toLocaleDateString("en-CA", { timeZone: "Europe/London" }));

// The capital of a journal at the end of a day, as hledger reads it.
async function inBooks(journal, day) {
  const next = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
  const told = await new Promise((done, failed) => {
    const asked = ["-f", "-", "balance", "equity:share-capital", "--flat", "--no-total", "--output-format=csv", "--end", next];
    const child = execFile("hledger", asked, { env: { ...process.env, LC_ALL: "C.UTF-8" } }, (error, out) =>
      error ? failed(error) : done(out));
    child.stdin.end(journal);
  });
  return told.split("\n").slice(1).reduce((sum, row) => sum - Number(row.match(/(-?[\d.]+) GBP/)?.[1] ?? 0), 0).toFixed(2);
}

// The capital at the end of a day, as the register's own CSV adds up.
async function inRegister(day) {
  const register = await program.run("export", "register", "--format", "csv", "--as-at", day);
  // The amount paid is the last figure but the certificates of a row.
  const paid = [...register.matchAll(/,(\d+),(\d+\.\d\d),[^,\n]*\n/g)].reduce((sum, row) => sum + Number(row[2]), 0);
  return paid.toFixed(2);
}

// The capital on each of the days; both must say the same.
async function capital(step) {
  const journal = await program.run("export", "journal", "--format", "hledger");
  const days = {};
  for (const day of DAYS) {
    const [books, register] = [await inBooks(journal, day), await inRegister(day)];
    assert.equal(books, register, `ledger and register on ${day} after: ${step}`);
    days[day] = books;
  }
  return days;
}

// Today's capital is that much more than before; that of the days before is what it was.
async function assertCapital(before, change, step) {
  const now = await capital(step);
  const [today, ...earlier] = DAYS;
  assert.equal((Number(now[today]) - Number(before[today])).toFixed(2), change.toFixed(2), step);
  for (const day of earlier) assert.equal(now[day], before[day], `${day} after: ${step}`);
}

async function openDeed(page, name) {
  const lid = page.locator("summary", { hasText: name });
  const deed = page.locator("details", { has: lid });
  if ((await deed.getAttribute("open")) === null) await lid.click();
  return deed;
}

test("a reader comes from the homepage, owns a part of the paper, votes, and leaves again", async () => {
  const before = await capital("nothing");
  assert.notEqual(before[DAYS[0]], before[DAYS.at(-1)], "the days differ");
  const reader = await openPage(browser, { viewport: PHONE });
  await reader.goto(`${program.url}/`);
  await reader.getByRole("link", { name: "buying shares" }).click();
  await reader.waitForURL(/\/shares$/);
  await assertFits(reader, "the offer");
  await assertAccessible(reader, "the offer");
  await reader.getByLabel("How many shares?").fill("10");
  await reader.getByLabel("A gift to the fund besides?").fill("5");
  assert.match(await reader.locator(".sum").innerText(), /£15\.00/);
  await reader.getByLabel("Name", { exact: true }).fill("Mary Barton");
  await reader.getByLabel("Postal address").fill("7 Oak Street\nManchester M1 1AA");
  await reader.getByLabel("E-mail address").fill("mary@example.org");
  await reader.getByLabel(/I accept the rules/).check();
  await reader.getByRole("button", { name: "Apply" }).dblclick();
  await reader.waitForURL(/\/shares\/applications\/FF/);
  const reference = reader.url().match(/FF[0-9A-Z]{8}/)[0];
  await assertFits(reader, "the application");
  await assertAccessible(reader, "the application");
  await assertCapital(before, 0, "applied");

  const staff = await openPage(browser, { viewport: DESK, storageState: signedIn });
  await staff.goto(`${program.url}/desk/shares/applications/${reference}`);
  const money = await openDeed(staff, "Money has come");
  assert.equal(await money.getByLabel("Amount").inputValue(), "15.00", "shares and gift in one payment");
  await money.getByRole("button", { name: "Record the money" }).click();
  await staff.locator(".badge", { hasText: "paid" }).waitFor();
  await assertCapital(before, 0, "paid");

  const decision = await openDeed(staff, "Allot the shares");
  await decision.getByLabel("Minute").fill("November meeting, 3");
  await decision.getByRole("button", { name: "Allot" }).click();
  await staff.waitForURL(/\/desk\/shares\/members\/M/);
  const member = staff.url().match(/M\d{6}/)[0];
  await assertCapital(before, 10, "allotted");

  // The letter with the certificate leaves by itself.
  await assert.doesNotReject(async () => {
    for (let tries = 0; tries < 40; tries += 1) {
      await staff.reload();
      const row = staff.locator("tr", { hasText: "Welcome, with the certificate" });
      if ((await row.innerText()).includes("sent")) return;
      await new Promise((later) => setTimeout(later, 250));
    }
    throw new Error("the certificate was not sent");
  });
  await reader.reload();
  assert.match(await reader.locator("h1").innerText(), /You own a part of the paper/);
  await reader.getByRole("link", { name: /What others see/ }).click();
  assert.match(await reader.locator("main").innerText(), /In force[\s\S]*10 ordinary shares/);
  assert.doesNotMatch(await reader.locator("main").innerText(), /Mary/);
  await assertFits(reader, "the certificate's page");
  await assertAccessible(reader, "the certificate's page");
  assertQuiet(reader);

  await staff.goto(`${program.url}/desk/shares/roll`);
  assert.equal(await staff.locator("tr", { hasText: member }).count(), 1, "one line, one vote");
  await staff.goto(`${program.url}/desk/shares/meetings`);
  const meeting = await openDeed(staff, "Open a meeting");
  await meeting.getByLabel("Name").fill("Annual meeting");
  await meeting.getByRole("button", { name: "Open the meeting" }).click();
  await staff.waitForURL(/\/desk\/shares\/meetings\/\d+/);
  await assertAccessible(staff, "a meeting");
  await staff.getByRole("link", { name: "All members" }).click();
  await staff.waitForURL(/\/desk\/shares\/sittings\/\d+/);
  await staff.getByLabel("Member numbers").fill(member);
  await staff.getByRole("button", { name: "Note them" }).click();
  await staff.locator(".badge", { hasText: "voted" }).waitFor();
  await staff.getByLabel("Member numbers").fill(member);
  await staff.getByRole("button", { name: "Note them" }).click();
  assert.match(await staff.locator("#votes .error").first().innerText(), /has voted already/);
  await assertAccessible(staff, "who came");
  await staff.getByRole("link", { name: "Print the roll" }).click();
  assert.match(await staff.locator("tr", { hasText: member }).innerText(), /☑/);
  await staff.goto(`${program.url}/desk/shares/members/${member}`);
  assert.match(await staff.locator("tr", { hasText: "Annual meeting" }).innerText(), /used/);

  await staff.goto(`${program.url}/desk/shares/members/${member}`);
  const notice = await openDeed(staff, "Notice of withdrawal");
  await notice.getByLabel("Shares").fill("4");
  await notice.getByRole("button", { name: "Notice of withdrawal" }).click();
  await staff.waitForURL(/\/desk\/shares\/withdrawals\/FF/);
  await assertCapital(before, 10, "notice given");
  await staff.getByRole("button", { name: "Agree" }).click();
  await staff.getByRole("button", { name: "It is paid" }).waitFor();
  await assertCapital(before, 6, "agreed");
  await staff.getByRole("button", { name: "It is paid" }).click();
  await staff.locator(".badge", { hasText: "paid out" }).waitFor();
  await assertCapital(before, 6, "paid out");

  await staff.goto(`${program.url}/desk/shares/members/${member}`);
  const transfer = await openDeed(staff, "Transfer shares");
  await transfer.getByLabel("Shares").fill("60");
  await transfer.getByLabel("To member").fill("M000001");
  await transfer.getByRole("button", { name: "Transfer shares" }).click();
  assert.match(await staff.locator("#transfer .error").first().innerText(), /has 6 shares|6/);
  assert.equal(await staff.locator("#transfer").getByLabel("To member").inputValue(), "M000001", "what was typed stays");
  await staff.locator("#transfer").getByLabel("Shares").fill("6");
  await staff.locator("#transfer").getByRole("button", { name: "Transfer shares" }).click();
  await staff.locator(".badge", { hasText: "no longer a member" }).waitFor();
  await assertCapital(before, 6, "the rest transferred");
  await staff.goto(`${program.url}/desk/shares/roll`);
  assert.equal(await staff.locator("tr", { hasText: member }).count(), 0, "no shares, no vote");
  assert.match(await program.run("verify"), /Shares at their nominal value/);
  // The refused transfer was answered with 422, which the console notes.
  assert.deepEqual(staff.complaints.filter((words) => !words.includes("422")), []);
  await staff.context().close();
  await reader.context().close();
});

const PAGES = [
  "", "/applications", "/applications/new", "/register", "/members/M000005", "/events/1", "/proposals",
  "/notes", "/notes/1", "/nominations", "/deaths", "/meetings", "/withdrawals", "/roll",
  "/returns", "/letters", "/letters/held", "/letters/print", "/officers", "/sections", "/rules", "/interest", "/import", "/labels",
  "/register/print?form=inspection",
];

for (const [screen, viewport] of [["a phone", PHONE], ["a desk", DESK]]) {
  test(`every page of the register fits ${screen} and has no barrier`, async () => {
    const page = await openPage(browser, { viewport, storageState: signedIn });
    for (const path of PAGES) {
      const answer = await page.goto(`${program.url}/desk/shares${path}`);
      assert.equal(answer.status(), 200, path);
      await assertFits(page, path);
      await assertAccessible(page, path);
    }
    assertQuiet(page);
    await page.context().close();
  });
}

test("without scripts the form says what a share costs and takes the application", async () => {
  const page = await openPage(browser, { viewport: PHONE, javaScriptEnabled: false });
  await page.goto(`${program.url}/shares`);
  assert.match(await page.locator("form").first().innerText(), /One share costs £1\.00/);
  await page.getByLabel("How many shares?").fill("30000");
  await page.getByLabel("An organisation").check();
  await page.getByLabel("Name", { exact: true }).fill("Unite Salford");
  await page.getByLabel("Who represents it?").fill("Jem Wilson");
  await page.getByLabel("Postal address").fill("1 Union Street\nSalford M5 1AA");
  await page.getByLabel("E-mail address").fill("salford@example.org");
  await page.getByLabel(/I accept the rules/).check();
  await page.getByRole("button", { name: "Apply" }).click();
  assert.match(await page.locator("main").innerText(), /20,000/);
  assert.equal(await page.getByLabel("Who represents it?").inputValue(), "Jem Wilson");
  await page.getByLabel("How many shares?").fill("300");
  await page.getByRole("button", { name: "Apply" }).click();
  assert.match(new URL(page.url()).pathname, /^\/shares\/applications\/FF/);
  await page.context().close();
});

test("interest is declared, added to the holdings, and taken back whole", async () => {
  const before = await capital("nothing");
  const year = DAYS[0].slice(0, 4) - 1;
  const staff = await openPage(browser, { viewport: DESK, storageState: signedIn });
  await staff.goto(`${program.url}/desk/shares/rules`);
  const settings = await openDeed(staff, "The offer and the settings");
  await settings.getByLabel("The society may pay interest").check();
  await settings.getByRole("button", { name: "Keep the settings" }).click();
  const asked = `class=ordinary&from_on=${year}-01-01&until_on=${year}-12-31&rate=10&minute=9%2F1&is_added=true`;
  await staff.goto(`${program.url}/desk/shares/interest?${asked}`);
  await staff.getByRole("button", { name: "Declare the interest" }).click();
  await staff.getByRole("link", { name: "Ordinary shares" }).first().click();
  await staff.waitForURL(/\/interest\/1$/);
  await assertWhole(staff, "a declaration");
  const payment = await openDeed(staff, "Pay the interest");
  await payment.getByLabel("Left the bank on").fill(DAYS[0]);
  await payment.getByRole("button", { name: "Add and pay it" }).click();
  await staff.goto(`${program.url}/desk/shares/interest/1`);
  await staff.locator(".badge", { hasText: "paid on" }).waitFor();
  const added = await capital("interest added");
  assert.ok(Number(added[DAYS[0]]) > Number(before[DAYS[0]]), "whole shares were added");

  const back = await openDeed(staff, "Take all of it back");
  await back.getByRole("button", { name: "Take it back" }).click();
  assert.match(await staff.locator("#taking-back .error").first().innerText(), /Please say why/);
  await staff.locator("#taking-back").getByLabel("Why").fill("The meeting did not agree.");
  await staff.locator("#taking-back").getByRole("button", { name: "Take it back" }).click();
  await staff.locator(".badge", { hasText: "taken back" }).first().waitFor();
  await assertWhole(staff, "a declaration that was taken back");
  await assertCapital(before, 0, "interest taken back");
  await staff.context().close();
});

test("a death and a returned notice stand on the member's page, with the letters that are held back", async () => {
  const page = await openPage(browser, { viewport: DESK, storageState: await signIn("secretary") });
  await page.goto(`${program.url}/desk/shares/members/M000010`);
  const death = await openDeed(page, "The member has died");
  await death.getByRole("button", { name: "Note the death" }).click();
  await page.locator("#death .error").first().waitFor();
  await assertWhole(page, "a death without its day");
  await page.locator("#death").getByLabel("Died on").fill(DAYS[1]);
  await page.locator("#death").getByLabel("Proof").fill("certificate of death seen");
  await page.locator("#death").getByRole("button", { name: "Note the death" }).click();
  await page.locator(".badge", { hasText: "died" }).first().waitFor();
  await page.locator("details").evaluateAll((all) => all.forEach((deed) => (deed.open = true)));
  await assertWhole(page, "a member who died, and what can be done");
  await page.goto(`${program.url}/desk/shares/deaths`);
  await page.locator("table").getByText("certificate of death seen").waitFor();
  await assertWhole(page, "the deaths");
  await page.goto(`${program.url}/desk/shares/letters/held`);
  await assertWhole(page, "letters that are held back");

  await page.goto(`${program.url}/desk/shares/members/M000011`);
  const away = await openDeed(page, "Gone away from the address");
  await away.getByLabel("How we know").fill("the envelope came back");
  await away.getByRole("button", { name: "Mark as gone away" }).click();
  await page.getByText("the envelope came back").first().waitFor();
  await assertWhole(page, "a member who has gone away");
  // The refused death was answered with 422, which the console notes.
  assert.deepEqual(page.complaints.filter((words) => !words.includes("422")), []);
  await page.context().close();
});

test("where two people decide, one ticks the committee's list and another approves it", async () => {
  const before = await capital("nothing");
  const one = await openPage(browser, { viewport: DESK, storageState: signedIn });
  await one.goto(`${program.url}/desk/shares/rules`);
  const settings = await openDeed(one, "The offer and the settings");
  await settings.getByLabel("Two people decide").check();
  await settings.getByRole("button", { name: "Keep the settings" }).click();
  await one.goto(`${program.url}/desk/shares/applications`);
  const boxes = one.locator('input[name="chosen"]');
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await one.getByLabel("Minute").fill("November meeting, 4");
  await one.getByRole("button", { name: "Allot" }).click();
  await one.waitForURL(/\/proposals\/\d+$/);
  assert.match(await one.locator("main").innerText(), /somebody else approves it[\s\S]*of 2 applications/);
  assert.equal(await one.getByRole("button", { name: "Approve" }).count(), 0);
  await assertWhole(one, "a proposal for many");
  await assertCapital(before, 0, "proposed");

  const other = await openPage(browser, { viewport: DESK, storageState: await signIn("secretary") });
  await other.goto(one.url());
  await one.locator('table a[href*="/applications/FF"]').first().click();
  await one.waitForURL(/\/applications\/FF/);
  assert.match(await one.locator("main").innerText(), /Waits for a second person/);
  await assertWhole(one, "an application that waits for a second person");
  await other.getByRole("button", { name: "Approve" }).click();
  await other.waitForURL(/applications\?state=allotted/);
  await one.reload();
  await one.locator(".badge", { hasText: "allotted" }).waitFor();
  const now = await capital("approved");
  assert.ok(Number(now[DAYS[0]]) > Number(before[DAYS[0]]), "the shares are there");
  assert.match(await program.run("verify"), /Shares at their nominal value/);
  await one.context().close();
  await other.context().close();
});

// One month as a treasurer and a clerk live it: from the first promise to the books that leave for the accountant. What goes
// wrong in a month goes wrong in it: gifts that are mistyped, coins in two tins, letters and payments that come back.
//
// The calendar is June 2021. `month` is what the test itself has worked out, in pence; after each step every public
// figure must be just that.

import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DESK, PHONE, assertAccessible, assertQuiet, openBrowser, openPage } from "./browser.js";
import { isInstalled, run, startProgram } from "./program.js";
import { camtStatement, csvStatement } from "./statement_files.js";

const PASSWORD = "a dozen red roses";
const STAFF = { administrator: "Amy Admin", treasurer: "Tom Treasurer", clerk: "Cleo Clerk" };
const TARGET = 600_00;
const HELD_BEFORE = 1_000_00;
const IBAN = "GB92PENN20000012345678";
// The paper register, as it stood before this program; a share is a pound.
const MEMBERS = `member,kind,name,address,email,entered_on,class,shares
1,person,Ann Lee,1 High Street; Leeds LS1 1AA,ann@example.org,1984-02-29,ordinary,100
2,person,Bo Li,2 Low Street; Leeds LS1 1AB,,1990-01-01,ordinary,25
3,person,Cy Dunn,3 Mill Lane; Leeds LS1 1AC,cy@example.org,1999-05-06,ordinary,10
`;
const CAPITAL = 135_00;
// Mail that comes back lies there until it is read.
const RETURNS = "back";

const canTurn = process.platform === "linux" && isInstalled("cc");
const skip = !canTurn && "the calendar is turned on Linux, with a C compiler";

let program;
let browser;
// The fund's page, which somebody opens on the first day and leaves open.
let homepage;
const month = { appeal: "2021-06", target: TARGET, raised: 0, gifts: 0 };

before(async () => {
  if (skip) return;
  const settings = { FF_BOUNCE_ADDRESS: "bounces@paper.example", FF_BOUNCES: `dir:${RETURNS}` };
  program = await startProgram("serve", { day: "2021-06-03", prepare: foundTheFund, settings });
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await program?.stop();
});

const pounds = (pence) => (pence / 100).toFixed(2);
const shown = (pence) => `£${pounds(pence).replace(/\B(?=(\d{3})+\.)/g, ",")}`;
const sum = (lines) => lines.reduce((sum, [, , amount]) => sum + amount, 0);
const penceOf = (text) => Math.round(Number(text.replaceAll(/[^\d.]/g, "")) * 100);

// ---- what everybody sees ------------------------------------------------------------------------------------------

// The background work has its own pace: asks again until it is so, and says what was not when it never is.
async function eventually(check) {
  const until = Date.now() + 20_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((later) => setTimeout(later, 50));
    }
  }
}

async function figures() {
  const answer = await fetch(`${program.url}/funds/fighting-fund/progress`);
  const { appeal, target, raised, needed, donations } = await answer.json();
  return { appeal, target, raised, needed, donations };
}

// The figure as programs, the page, and a page that somebody left open show it.
async function assertNow(step) {
  const { appeal, target, raised, gifts } = month;
  const needed = Math.max(target - raised, 0);
  const expected = { appeal, target: pounds(target), raised: pounds(raised), needed: pounds(needed), donations: gifts };
  await eventually(async () => assert.deepEqual(await figures(), expected, step));

  const names = ["raised", "target", "rest"];
  const page = await (await fetch(`${program.url}/funds/fighting-fund`)).text();
  const drawn = names.map((name) => penceOf(new RegExp(`data-${name}>([^<]+)<`).exec(page)[1]));
  assert.deepEqual(drawn, [raised, target, needed], `the page after: ${step}`);
  const live = () => Promise.all(names.map((name) => homepage.locator(`[data-${name}]`).first().innerText()));
  await eventually(async () =>
    assert.deepEqual((await live()).map(penceOf), [raised, target, needed], `the open page after: ${step}`));
}

// What the test itself works out.
function received(amount, gifts = 1) {
  month.raised += amount;
  month.gifts += gifts;
}

// The letter of a kind that somebody got last, and its words.
async function lastLetter(email, kind) {
  return eventually(async () => {
    const letters = (await program.letters()).filter((letter) => letter.to === email && letter.kind === kind);
    assert.notEqual(letters.length, 0, `no ${kind} reached ${email}`);
    return letters.at(-1);
  });
}

const letterTo = async (email, kind) => (await lastLetter(email, kind)).text;

// ---- the first day ------------------------------------------------------------------------------------------------

async function foundTheFund(started) {
  program = started;
  await mkdir(join(program.folder, RETURNS));
  const fund = ["fighting-fund", "--title", "Fighting Fund", "--target", pounds(TARGET), "--carry", "shortfall"];
  await program.run("fund", "add", ...fund);
  for (const [role, name] of Object.entries(STAFF)) {
    await program.tell(PASSWORD, "staff", "add", `${role}@paper.example`, "--name", name, "--role", role, "--password-stdin");
  }
  await program.run("import", "register", await keep("members.csv", MEMBERS), "--on", "2021-06-01");
}

async function signIn(role) {
  const page = await openPage(browser, { viewport: DESK });
  await page.goto(`${program.url}/desk/sign-in`);
  await page.getByLabel("E-mail address").fill(`${role}@paper.example`);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/desk$/);
  return page;
}

// Does what leads to another page, or to this one again.
async function follow(page, act) {
  await Promise.all([page.waitForEvent("load"), act()]);
}

async function leave(page) {
  assertQuiet(page);
  await page.context().close();
}

async function nameTheSociety() {
  const page = await signIn("administrator");
  await page.goto(`${program.url}/desk/settings`);
  await page.getByLabel("Registered name").fill("Morning Paper Co-operative Limited");
  await page.getByLabel("Account name").fill("Morning Paper");
  await page.getByLabel("Sort code").fill("20-00-00");
  await page.getByLabel("Account number").fill("12345678");
  await follow(page, () => page.getByRole("button", { name: "Keep the changes" }).click());
  await leave(page);
}

// ---- supporters ---------------------------------------------------------------------------------------------------

// Promises by the form, as a reader does on a phone; the answer is the reference.
async function promise(name, email, amount, way) {
  const page = await openPage(browser, { viewport: PHONE });
  await page.goto(`${program.url}/`);
  await page.getByLabel("Amount").fill(amount);
  await page.getByRole("radio", { name: way }).check();
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Your e-mail address").fill(email);
  await page.getByRole("button", { name: "Give" }).click();
  await page.waitForURL(/\/donations\/FF/);
  const reference = page.url().match(/FF[0-9A-Z]{8}/)[0];
  await leave(page);
  assert.match(await letterTo(email, "pledge"), new RegExp([...reference].join(" ?")), "the letter names the reference");
  return reference;
}

// ---- the post -----------------------------------------------------------------------------------------------------

// Counts, types row by row without a mouse, and posts. A row is what Tab leads through: amount, giver, thanks, the number of
// a cheque, promise.
async function postBatch(page, kind, counted, rows) {
  await page.goto(`${program.url}/desk/batches/new`);
  await page.getByRole("radio", { name: kind }).check();
  await page.getByLabel("Sum that was counted").fill(pounds(counted));
  await page.getByLabel("How many").fill(String(rows.length));
  await page.getByLabel("How many").press("Enter");
  await page.waitForURL(/\/desk\/batches\/\d+$/);
  for (const [at, row] of rows.entries()) {
    assert.equal(await page.getByRole("button", { name: "Post the batch" }).count(), 0, "it does not add up yet");
    await page.waitForFunction(() => document.activeElement?.name === "amount" && document.activeElement.value === "");
    for (const [field, text] of row.entries()) {
      if (field > 0) await page.keyboard.press("Tab");
      await page.keyboard.type(text);
    }
    await page.keyboard.press("Enter");
    await page.locator("#rows > tr").nth(at).waitFor();
  }
  assert.match(await page.locator("#totals").innerText(), /adds up/);
  await page.getByRole("button", { name: "Post the batch" }).press("Enter");
  await page.getByText("posted", { exact: true }).waitFor();
}

async function payIn(page, number, cash, total) {
  await page.goto(`${program.url}/desk/batches/slips`);
  await page.getByLabel("Number in the paying-in book").fill(number);
  await page.getByLabel("Cash with it").fill(pounds(cash));
  await page.getByRole("button", { name: "Pay in" }).press("Enter");
  await page.waitForURL(/\/desk\/batches\/slips\/\d+$/);
  assert.match(await page.locator("tfoot").innerText(), new RegExp(`Together\\s+${shown(total)}`));
  await page.goto(`${program.url}/desk/batches/slips`);
  assert.match(await page.locator("main").innerText(), /There is nothing to pay in/);
}

// ---- what was entered by mistake, and lists -------------------------------------------------------------------------

// Records one gift at the desk; the answer is its page.
async function record(page, amount, { method = "cash", name = "", email = "" } = {}) {
  await page.goto(`${program.url}/desk/gifts/new`);
  await page.getByLabel("Amount").fill(amount);
  await page.getByLabel("How it comes").selectOption(method);
  await page.getByLabel("Giver’s name").fill(name);
  await page.getByLabel("Giver’s e-mail address").fill(email);
  await page.getByRole("button", { name: "Record" }).click();
  await page.waitForURL(/\/desk\/gifts\/FF/);
  return page.url();
}

// The open form of a deed on the page of a gift or of a member.
async function openDeed(page, title) {
  const lid = page.locator("summary", { hasText: title });
  const deed = page.locator("details", { has: lid });
  if ((await deed.getAttribute("open")) === null) await lid.click();
  return deed;
}

async function putRight(page, gift, amount, why) {
  await page.goto(gift);
  const deed = await openDeed(page, "Entered by mistake");
  await deed.getByLabel("What it should have been").fill(amount);
  await deed.getByLabel("Why").fill(why);
  await follow(page, () => deed.getByRole("button", { name: "Put it right" }).click());
  assert.equal(await page.getByRole("alert").count(), 0, await page.locator("main").innerText());
}

async function showList(page, path) {
  await page.goto(`${program.url}/desk/gifts/import`);
  await page.getByLabel("The list").setInputFiles(path);
  await page.getByRole("button", { name: "Look at it first" }).click();
  await page.waitForURL(/\/desk\/gifts\/import\/[0-9a-f]+/);
}

// What was counted out of a tin, coin by coin.
const tin = (coins) => ["amount,method,received_on", ...coins.map((pence) => `${pounds(pence)},cash,2021-06-17`), ""].join("\n");

// What a server sends that could not deliver a letter.
const returned = ({ to, returnPath }) => `Return-Path: <>
From: MAILER-DAEMON@mx.example.org
To: ${returnPath}
Subject: Undelivered mail
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

I could not deliver your mail.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ${to}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b1--
`;

// ---- the bank -----------------------------------------------------------------------------------------------------

async function keep(name, csv) {
  const path = join(program.folder, name);
  await writeFile(path, csv);
  return path;
}

async function showFile(page, path) {
  await page.goto(`${program.url}/desk/bank/import`);
  await page.getByLabel("The file from the bank").setInputFiles(path);
  await page.getByRole("button", { name: "Look at it first" }).click();
  await page.waitForURL(/\/desk\/bank\/import\/[0-9a-f]+/);
}

async function sayWhatTheColumnsAre(page, bank) {
  await page.getByText("This bank is new here.").waitFor();
  const columns = { "When it was": "Day", Wording: "Description", Moved: "Amount, in and out",
    "How it stands": "State: booked, pending, failed", Left: "Balance after the line" };
  for (const [heading, meaning] of Object.entries(columns)) {
    await page.getByLabel(heading, { exact: true }).selectOption({ label: meaning });
  }
  await page.getByLabel("The bank’s name").fill(bank);
  await assertAccessible(page, "the columns of a new bank");
  await page.getByRole("button", { name: "Read it like this" }).click();
  await page.locator("dl.figures").waitFor();
}

async function takeIn(page, button) {
  await page.getByRole("button", { name: button, exact: true }).click();
  await page.waitForURL(/\/desk\/bank\/statements\/\d+/);
}

async function waiting(page) {
  await page.goto(`${program.url}/desk/bank/queue`);
  return page.locator("[data-line]").count();
}

// Walks down with `j` to the line that says this.
async function walkTo(page, words) {
  const current = page.locator("[data-line].is-current");
  for (let left = await waiting(page); left > 0; left -= 1) {
    if ((await current.innerText()).includes(words)) return current;
    await page.keyboard.press("j");
  }
  throw new Error(`no line says ${words}`);
}

const press = (page, key) => follow(page, () => page.keyboard.press(key));

async function letCertainMatchesBePosted(page) {
  await page.goto(`${program.url}/desk/bank`);
  await page.getByLabel(/Post certain matches/).check();
  await follow(page, () => page.getByRole("button", { name: "Save" }).click());
}

async function postOpeningBalance(page) {
  await page.goto(`${program.url}/desk/bank/reconciliation`);
  const button = page.getByRole("button", { name: `Post ${shown(HELD_BEFORE)} as the opening balance` });
  await follow(page, () => button.click());
}

async function assertReconciled(page, day) {
  await page.goto(`${program.url}/desk/bank/reconciliation?on=${day}`);
  assert.match(await page.locator("main").innerText(), /Bank and books agree, to the penny/, `bank and books on ${day}`);
  assert.equal(await page.locator(".notice.bad").count(), 0, `nothing is unexplained on ${day}`);
}

// ---- the month's end ----------------------------------------------------------------------------------------------

async function closeTheMonth(page) {
  await page.goto(`${program.url}/desk/funds/fighting-fund/appeals/2021-06`);
  await page.getByRole("link", { name: "Close its books" }).click();
  await page.getByRole("button", { name: "Prove the books now" }).click();
  await page.getByText("Every check held").waitFor();
  const checklist = await page.locator(".checklist").innerText();
  assert.doesNotMatch(checklist, /to do/i);
  assert.match(checklist, /They agree up to 30 June 2021/);
  await page.getByRole("button", { name: "Close June 2021" }).click();
  await page.getByText("books closed", { exact: true }).waitFor();
}

// The texts of a row of a table that begins with this.
async function rowOf(page, heading) {
  const row = page.locator("tr", { has: page.locator("th", { hasText: heading }) });
  return (await row.locator("th, td").allInnerTexts()).map((text) => text.trim());
}

// What June lacked stands on its own page, on the public page and in the year.
async function assertCarried(page, june, short) {
  await page.goto(`${program.url}/desk/funds/fighting-fund/appeals/2021-06`);
  assert.match(await page.locator("main").innerText(), new RegExp(`To July 2021: shortfall ${shown(short)}`));
  const open = await (await fetch(`${program.url}/funds/fighting-fund`)).text();
  assert.ok(open.includes(`The target includes ${shown(short)} that was still missing`), "the public page");
  await page.goto(`${program.url}/desk/funds/fighting-fund/year?year=2021`);
  const [, target, , raised, , difference, , books] = await rowOf(page, "June 2021");
  assert.deepEqual([target, raised, difference], [shown(TARGET), shown(june), `−${shown(short)}`]);
  assert.match(books, /^closed/);
  const [, , tookOver] = await rowOf(page, "July 2021");
  assert.equal(penceOf(tookOver), short, `July took over: ${tookOver}`);
}

// Every line of the printed column, and that they add up; the answer is what it says was raised.
async function columnAddsUp(page) {
  await page.goto(`${program.url}/desk/column?from=2021-06-01&until=2021-06-30`);
  const cells = (row) => row.locator("th, td").allInnerTexts();
  const rows = await Promise.all((await page.locator(".column-print tr").all()).map(cells));
  const lines = rows.map(([words, sum]) => [words, penceOf(sum)]);
  const sumOf = (words) => lines.filter(([line]) => words.test(line)).reduce((sum, [, pence]) => sum + pence, 0);
  const [together, back, before] = [/^Together/, /^Given back or unpaid/, /^Before/].map(sumOf);
  assert.equal(sumOf(/^(Cash|Cheque|Bank transfer|Direct debit)/), together, "the methods are together what came");
  assert.equal(sumOf(/^You’ve raised/), together - back + before, "what came less what went back is what was raised");
  assert.equal(sumOf(/^We need/), TARGET - sumOf(/^You’ve raised/));
  return sumOf(/^You’ve raised/);
}

// ---- the books for others -----------------------------------------------------------------------------------------

async function download(page, file) {
  await page.goto(`${program.url}/desk/exports`);
  const button = page.locator(`form[action="/desk/exports/${file}"] button`);
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return readFile(await download.path());
}

// What the gifts of an appeal come to; what stands before a quoted name has no comma in it.
function inCsv(csv, appeal) {
  const [heading, ...rows] = csv.replace(/^\ufeff/, "").trim().split(/\r?\n/).map((row) => row.split(","));
  const of = (row, column) => row[heading.indexOf(column)];
  const counted = rows.filter((row) => of(row, "appeal") === appeal && of(row, "entry") !== "");
  return counted.reduce((sum, row) => sum + penceOf(of(row, "amount")) - penceOf(of(row, "refunded")), 0);
}

// What hledger finds in an account, as the ledger of a fund counts its income: what came is below zero.
async function inLedger(journal, account, ...days) {
  const told = await hledger(journal, "balance", account, "--flat", "--no-total", "--output-format=csv", ...days);
  return told.split("\n").slice(1).reduce((sum, row) => sum + Math.round(Number(/(-?[\d.]+) GBP/.exec(row)?.[1] ?? 0) * 100), 0);
}

function hledger(journal, ...args) {
  return run("hledger", ["-f", "-", ...args], { input: journal, env: { ...process.env, LC_ALL: "C.UTF-8" } });
}

// ---- the month ----------------------------------------------------------------------------------------------------

test("a month is kept from the first promise to the accountant's books", { skip }, async (t) => {
  homepage = await openPage(browser, { viewport: PHONE });
  await homepage.goto(`${program.url}/`);
  await assertNow("the fund is founded");
  await nameTheSociety();

  const references = await readersPromise();
  await thePostComes(references);
  await aGiftIsMistyped();
  const [lines, balance] = await theBankTells(references);
  await aReceiptComesBack(references);
  const inTins = await twoTinsAreCounted();
  await aMemberDies();
  const unpaid = await aChequeComesBack(lines, balance, inTins);
  const collected = await threeGiveInOneBulk(unpaid);
  const [june, inBank] = await theMonthIsClosed(collected);
  await theAccountantGetsTheBooks(t, june, inBank);

  await leave(homepage);
});

async function readersPromise() {
  const ada = await promise("Ada Barton", "ada@example.org", "25", /^Bank transfer/);
  const ben = await promise("Ben Okoro", "ben@example.org", "40", /^Bank transfer/);
  const cora = await promise("Cora Leigh", "cora@example.org", "60", /^Cheque/);
  await promise("Finn Late", "finn@example.org", "50", /^Bank transfer/);
  await assertNow("promises count for nothing");
  return { ada, ben, cora };
}

async function thePostComes({ cora }) {
  await program.turnTo("2021-06-08");
  const clerk = await signIn("clerk");
  const cheques = [
    ["60", "", "", "000115", cora],
    ["30", "Dan Leigh <dan@example.org>", "DL, Leeds", "000117"],
    ["15.50", "Eve Hill <eve@example.org>"],
  ];
  await postBatch(clerk, "cheques", 105_50, cheques);
  received(105_50, 3);
  await assertNow("the cheques are posted");
  assert.match(await letterTo("cora@example.org", "receipt"), /£60\.00/);
  assert.match(await letterTo("dan@example.org", "receipt"), /£30\.00/);

  await postBatch(clerk, "cash", 19_25, [["12"], ["7.25", "The bucket at the gate"]]);
  received(19_25, 2);
  await assertNow("the cash is posted");
  await payIn(clerk, "500101", 19_25, 124_75);
  await assertNow("paying in moves no gift");
  await leave(clerk);
}

// Two gifts that never were: one of another amount, and one that was entered twice.
async function aGiftIsMistyped() {
  const [clerk, treasurer] = [await signIn("clerk"), await signIn("treasurer")];
  const gus = { name: "Gus Hart", email: "gus@example.org" };
  const mistyped = await record(clerk, "70.20", gus);
  received(70_20);
  await assertNow("a gift was mistyped");
  assert.match(await letterTo(gus.email, "receipt"), /£70\.20/);
  const twice = await record(clerk, "70.20", gus);
  received(70_20);
  await assertNow("it was entered twice");
  await clerk.goto(mistyped);
  assert.equal(await clerk.getByText("Entered by mistake").count(), 0, "a clerk cannot");

  await putRight(treasurer, mistyped, "7.02", "a slip of the finger");
  received(7_02 - 70_20, 0);
  await assertNow("the amount was put right");
  const letter = await letterTo(gus.email, "correction");
  assert.match(letter, /£70\.20/);
  assert.match(letter, /£7\.02/);
  assert.doesNotMatch(letter, /sent (it )?back/, "no money moved");
  await putRight(treasurer, twice, "0", "it was entered twice");
  received(-70_20, -1);
  await assertNow("what was entered twice is there once");
  await leave(clerk);
  await leave(treasurer);
}

// The first statement: its lines, and the balance with which it ends.
async function theBankTells({ ada, ben }) {
  await program.turnTo("2021-06-14");
  const mistyped = ben.slice(0, -1) + (ben.endsWith("7") ? "8" : "7");
  const lines = [
    [7, `MS A BARTON ${ada}`, 25_00],
    [8, `B OKORO ${mistyped}`, 40_00],
    [9, "COUNTER CREDIT 500101", 124_75],
    [10, "STALL AT THE FAIR", 18_00],
    [11, "ACCOUNT CHARGES", -6_50],
  ];
  const file = await keep("june-1.csv", csvStatement(HELD_BEFORE, lines, [[12, "HAL WREN FOR THE PAPER", 15_00]]));
  await assert.rejects(program.run("import", "bank", file, "--dry-run"), /at the desk under Bank/, "an unknown bank");

  const treasurer = await signIn("treasurer");
  await letCertainMatchesBePosted(treasurer);
  await showFile(treasurer, file);
  await sayWhatTheColumnsAre(treasurer, "Penny Bank");
  await treasurer.getByText("Rows that add nothing: 1").click();
  assert.match(await treasurer.locator("main").innerText(), /row 7: [^\n]*pending/i, "it says what it leaves out");
  await assertNow("a file was only looked at");
  await takeIn(treasurer, "Take in 5 lines");
  received(25_00);
  await assertNow("the exact reference is posted by itself");
  assert.match(await letterTo("ada@example.org", "receipt"), /£25\.00/);
  assert.equal(await waiting(treasurer), 4, "what is pending waits for nobody");

  await workThrough(treasurer, ben);
  await assertAddsNothing(treasurer, file, lines.length);
  await postOpeningBalance(treasurer);
  await assertReconciled(treasurer, "2021-06-11");
  await leave(treasurer);
  return [lines, HELD_BEFORE + sum(lines)];
}

// What waits of the first statement, one key each, and some of it twice.
async function workThrough(page, ben) {
  const okoro = await walkTo(page, "B OKORO");
  assert.match(await okoro.innerText(), new RegExp(ben), "the mistyped reference is recognised");
  assert.doesNotMatch(await okoro.innerText(), /certain/);
  await press(page, "a");
  received(40_00);
  await assertNow("the mistyped reference is accepted");
  await press(page, "z");
  received(-40_00, -1);
  await assertNow("it is undone");
  await walkTo(page, "B OKORO");
  await press(page, "a");
  received(40_00);
  await assertNow("it is accepted again");
  assert.match(await letterTo("ben@example.org", "receipt"), /£40\.00/);

  const slip = await walkTo(page, "COUNTER CREDIT");
  assert.match(await slip.innerText(), /Already in the books: a paying-in slip of £124\.75/);
  await press(page, "a");
  await walkTo(page, "STALL AT THE FAIR");
  await press(page, "u");
  await press(page, "z");
  await walkTo(page, "STALL AT THE FAIR");
  await press(page, "o");
  await walkTo(page, "ACCOUNT CHARGES");
  await press(page, "a");
  assert.equal(await waiting(page), 0);
  await assertNow("the slip, the stall and the fee are no gifts");
}

async function assertAddsNothing(page, file, lines) {
  assert.match(await program.run("import", "bank", file), new RegExp(`was taken in on 14 June 2021 [^]*${lines} known already`));
  await showFile(page, file);
  await page.getByText("This file was taken in before").waitFor();
  assert.equal(await waiting(page), 0);
  await assertNow("the same file again adds nothing");
}

// A server reports that Ada's receipt did not arrive; the clerk asks her, and it leaves to where she is.
async function aReceiptComesBack({ ada }) {
  const receipt = await lastLetter("ada@example.org", "receipt");
  await writeFile(join(program.folder, RETURNS, "1.eml"), returned(receipt));
  const clerk = await signIn("clerk");
  await eventually(async () => {
    await clerk.goto(`${program.url}/desk/receipts/returned`);
    assert.match(await clerk.locator("main").innerText(), /ada@example\.org[^]*no such user/);
  });
  await assertNow("a receipt came back");
  await clerk.goto(`${program.url}/desk/gifts/${ada}`);
  const row = clerk.getByRole("row", { name: /^Receipt/ });
  assert.match(await row.innerText(), /no such user/);
  const addresses = await openDeed(clerk, "Name and addresses");
  await addresses.getByLabel("E-mail address").fill("ada@example.net");
  await follow(clerk, () => addresses.getByRole("button", { name: "Keep" }).click());
  assert.match(await letterTo("ada@example.net", "receipt"), /£25\.00/);
  await assertNow("the receipt has arrived");
  await leave(clerk);
}

// The second tin has the coins of the first, and one more. The answer is what is paid in with what Gus gave.
async function twoTinsAreCounted() {
  await program.turnTo("2021-06-18");
  const clerk = await signIn("clerk");
  const first = await keep("tin-1.csv", tin([10_00, 10_00]));
  await showList(clerk, first);
  await assertNow("a list was only looked at");
  await clerk.getByRole("button", { name: "Take in 2 gifts" }).click();
  await clerk.waitForURL(/\/desk\/gifts$/);
  received(20_00, 2);
  await assertNow("the first tin is in the books");
  assert.match(await program.run("import", "donations", first), /2 known already/);
  await assertNow("the same tin again adds nothing");

  const second = await keep("tin-2.csv", tin([10_00, 10_00, 5_00]));
  await assert.rejects(program.run("import", "donations", second), (asked) => {
    assert.equal(asked.code, 3, "it asks");
    assert.match(asked.stderr, /--again/);
    return true;
  });
  await showList(clerk, second);
  assert.match(await clerk.getByRole("alert").innerText(), /2 rows look like another list’s/);
  await assertNow("the second tin was asked about");
  await program.run("import", "donations", second, "--again");
  received(25_00, 3);
  await assertNow("the second tin is in the books");

  const cash = 7_02 + 20_00 + 25_00;
  await payIn(clerk, "500102", cash, cash);
  await assertNow("the tins are paid in");
  await leave(clerk);
  return cash;
}

async function votes(page) {
  await page.goto(`${program.url}/desk/shares/roll`);
  const rows = await page.locator("main table tbody tr").allInnerTexts();
  return rows.map((row) => /Ann Lee|Bo Li|Cy Dunn/.exec(row)?.[0]).filter(Boolean).sort();
}

// From that day a member has no vote; what they hold stays, and no letter leaves to them.
async function aMemberDies() {
  const page = await signIn("administrator");
  assert.deepEqual(await votes(page), ["Ann Lee", "Bo Li", "Cy Dunn"]);
  await page.goto(`${program.url}/desk/shares/members/M000001`);
  const death = await openDeed(page, "The member has died");
  await death.getByLabel("Died on").fill("2021-06-16");
  await death.getByLabel("Proof").fill("certificate of death seen");
  await follow(page, () => death.getByRole("button", { name: "Note the death" }).click());

  assert.deepEqual(await votes(page), ["Bo Li", "Cy Dunn"]);
  await page.goto(`${program.url}/desk/shares/register`);
  assert.match(await page.locator("main").innerText(), /Ann Lee \(died on 16 June 2021\)/);
  assert.match(await program.run("export", "register", "--format", "csv"), /Ann Lee[^]*?,ordinary,100,100\.00/, "the shares stay");
  await assertNow("a member died");
  await leave(page);
}

// The second statement, which begins with days of the first; the answer is the balance with which it ends.
async function aChequeComesBack(lines, balance, inTins) {
  await program.turnTo("2021-06-25");
  assert.match(await letterTo("finn@example.org", "reminder"), /£50\.00/);
  await assertNow("a promise that never came was asked about");
  const clerk = await signIn("clerk");
  const known = lines.slice(3);
  const fresh = [
    [15, "HAL WREN FOR THE PAPER", 15_00],
    [21, "COUNTER CREDIT 500102", inTins],
    [22, "UNPAID CHEQUE 000117", -30_00],
  ];
  const file = await keep("june-2.csv", csvStatement(balance - sum(known), [...known, ...fresh]));
  const trial = await program.run("import", "bank", file, "--dry-run");
  assert.match(trial, /3 lines [^]*2 known already[^]*Nothing was recorded/);
  assert.equal(await waiting(clerk), 0, "a dry run leaves no trace");

  await showFile(clerk, file);
  await takeIn(clerk, "Take in 3 lines");
  assert.equal(await waiting(clerk), 3, "days that were told before add nothing");
  await newGift(clerk, "HAL WREN", "Hal Wren", "hal@example.org");
  received(15_00);
  await assertNow("what was pending has come");
  assert.match(await letterTo("hal@example.org", "receipt"), /£15\.00/);
  assert.match(await (await walkTo(clerk, "COUNTER CREDIT")).innerText(), new RegExp(`a paying-in slip of ${shown(inTins)}`));
  await press(clerk, "a");
  assert.match(await (await walkTo(clerk, "UNPAID CHEQUE")).innerText(), /Dan Leigh/);
  await press(clerk, "a");
  received(-30_00, -1);
  await assertNow("a cheque bounced");
  const letter = await letterTo("dan@example.org", "bounce");
  assert.match(letter, /sorry to trouble you\. Your cheque for £30\.00[^]*has come back from the bank unpaid/);
  assert.match(letter, /You owe us nothing/);
  await leave(clerk);
  return balance + sum(fresh);
}

// Makes a line that is like nothing in the books a gift.
async function newGift(page, words, name, email) {
  const card = await walkTo(page, words);
  await card.getByRole("link", { name: "New gift" }).click();
  await page.waitForURL(/\/desk\/bank\/lines\/\d+/);
  await page.getByLabel("Giver’s name").fill(name);
  await page.getByLabel("Giver’s e-mail address").fill(email);
  await follow(page, () => page.getByRole("button", { name: "Record this gift" }).click());
}

// Direct debits are collected in one sum, and the bank takes one of them back. The answer is the balance.
async function threeGiveInOneBulk(balance) {
  await program.turnTo("2021-06-29");
  const gina = await promise("Gina Fry", "gina@example.org", "10", /^Bank transfer/);
  const bulk = [["Gina Fry", gina, 10_00], ["Hugh Penn", "FOR THE PRESS", 15_50], ["Ida Moss", "MONTHLY", 20_00]];
  const back = [["Ida Moss", "MONTHLY", -20_00, "AM04"]];
  const file = await keep("june.xml", camtStatement(IBAN, balance, [[28, bulk], [29, back]]));
  const treasurer = await signIn("treasurer");
  await showFile(treasurer, file);
  await assertNow("the bulk was only looked at");
  await takeIn(treasurer, "Take in 4 lines");
  received(10_00);
  await assertNow("one of the bulk had a reference");
  assert.match(await letterTo("gina@example.org", "receipt"), /£10\.00/);
  assert.equal(await waiting(treasurer), 3, "each payment of a bulk is a line of its own");

  await newGift(treasurer, "Hugh Penn", "Hugh Penn", "hugh@example.org");
  received(15_50);
  await assertNow("the second of the bulk");
  const ida = await walkTo(treasurer, "20.00");
  assert.match(await ida.innerText(), /Ida Moss/);
  await newGift(treasurer, "Ida Moss", "Ida Moss", "ida@example.org");
  received(20_00);
  await assertNow("the third of the bulk");
  assert.match(await letterTo("ida@example.org", "receipt"), /£20\.00/);

  const unpaid = await walkTo(treasurer, "Ida Moss");
  assert.match(await unpaid.locator(".offer").innerText(), /The gift of £20\.00 by Ida Moss was not paid/);
  await press(treasurer, "a");
  received(-20_00, -1);
  await assertNow("a direct debit came back");
  assert.match(await letterTo("ida@example.org", "bounce"), /£20\.00/);
  assert.equal(await waiting(treasurer), 0);
  await leave(treasurer);
  return balance + sum(bulk) + sum(back);
}

// The next month has opened by itself, with what this one lacks, and follows it until it is closed. The answer is what
// June raised, and what is in the bank.
async function theMonthIsClosed(balance) {
  await program.turnTo("2021-07-01");
  let june = month.raised;
  Object.assign(month, { appeal: "2021-07", target: TARGET + TARGET - june, raised: 0, gifts: 0 });
  await assertNow("July opens with what June lacks");

  const lines = [[30, "UNPAID CHEQUE 000118", -15_50], [30, "GROSS INTEREST", 42]];
  assert.match(await program.run("import", "bank", await keep("june-3.csv", csvStatement(balance, lines))), /^2 lines /m);
  const treasurer = await signIn("treasurer");
  assert.match(await (await walkTo(treasurer, "UNPAID CHEQUE")).innerText(), /Eve Hill/);
  await press(treasurer, "a");
  june -= 15_50;
  month.target += 15_50;
  await assertNow("a cheque of June came back on its last day");
  await walkTo(treasurer, "GROSS INTEREST");
  await press(treasurer, "a");
  await assertReconciled(treasurer, "2021-06-30");

  const reminders = (await program.letters()).filter(({ kind }) => kind === "reminder");
  assert.deepEqual(reminders.map(({ to }) => to), ["finn@example.org"], "once, and nobody whose money came");
  await closeTheMonth(treasurer);
  await assertNow("June is closed");
  await assertCarried(treasurer, june, TARGET - june);
  assert.equal(await columnAddsUp(treasurer), june, "the printed column is the closed month");
  await record(treasurer, "10");
  received(10_00);
  await assertNow("the first gift of July");
  await leave(treasurer);
  return [june, balance + sum(lines)];
}

async function theAccountantGetsTheBooks(t, june, inBank) {
  const treasurer = await signIn("treasurer");
  const journals = {};
  for (const format of ["hledger", "beancount"]) {
    journals[format] = await program.run("export", "journal", "--format", format);
    const taken = await download(treasurer, `journal.${format}`);
    assert.equal(taken.toString(), journals[format], `the desk and the command line write one journal for ${format}`);
  }
  assert.equal(inCsv((await download(treasurer, "donations.csv")).toString(), "2021-06"), june);
  assert.equal((await download(treasurer, "donations.xlsx")).toString("latin1", 0, 2), "PK", "a workbook is a ZIP");
  await leave(treasurer);

  if (isInstalled("hledger")) {
    const income = "income:donations:fighting-fund";
    await hledger(journals.hledger, "check");
    assert.equal(await inLedger(journals.hledger, income, "--end=2021-07-01"), -june, "June, as the page has it");
    assert.equal(await inLedger(journals.hledger, income), -(june + month.raised), "June and July");
    assert.equal(await inLedger(journals.hledger, "assets:bank"), inBank, "what the bank says");
    assert.equal(await inLedger(journals.hledger, "equity:share-capital"), -CAPITAL, "no share is lost with a member");
  } else t.diagnostic("hledger is not installed: nobody read the journal");
  if (isInstalled("bean-check")) await run("bean-check", [await keep("fund.beancount", journals.beancount)]);
  else t.diagnostic("beancount is not installed: nobody read its journal");
  assert.match(await program.run("verify"), /^(ok .*\n)+$/, "every promise of the books is kept");
}

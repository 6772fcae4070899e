// One month as a treasurer and a clerk live it: from the first promise to the books that leave for the accountant.
//
// The calendar is June 2021. `month` is what the test itself has worked out, in pence; after each step every public
// figure must be just that.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DESK, PHONE, assertAccessible, assertQuiet, openBrowser, openPage } from "./browser.js";
import { isInstalled, run, startProgram } from "./program.js";

const PASSWORD = "a dozen red roses";
const STAFF = { administrator: "Amy Admin", treasurer: "Tom Treasurer", clerk: "Cleo Clerk" };
const TARGET = 600_00;
const HELD_BEFORE = 1_000_00;

const canTurn = process.platform === "linux" && isInstalled("cc");
const skip = !canTurn && "the calendar is turned on Linux, with a C compiler";

let program;
let browser;
// The fund's page, which somebody opens on the first day and leaves open.
let homepage;
const month = { appeal: "2021-06", target: TARGET, raised: 0, gifts: 0 };

before(async () => {
  if (skip) return;
  program = await startProgram("serve", { day: "2021-06-03", prepare: foundTheFund });
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
  const until = Date.now() + 10_000;
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

// The letter of a kind that somebody got last.
async function letterTo(email, kind) {
  return eventually(async () => {
    const letters = (await program.letters()).filter((letter) => letter.to === email && letter.kind === kind);
    assert.notEqual(letters.length, 0, `no ${kind} reached ${email}`);
    return letters.at(-1).text;
  });
}

// ---- the first day ------------------------------------------------------------------------------------------------

async function foundTheFund(program) {
  const fund = ["fighting-fund", "--title", "Fighting Fund", "--target", pounds(TARGET), "--carry", "shortfall"];
  await program.run("fund", "add", ...fund);
  for (const [role, name] of Object.entries(STAFF)) {
    await program.tell(PASSWORD, "staff", "add", `${role}@paper.example`, "--name", name, "--role", role, "--password-stdin");
  }
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

// Counts, types row by row without a mouse, and posts. A row is what Tab leads through: amount, giver, thanks, promise.
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

// ---- the bank -----------------------------------------------------------------------------------------------------

// A file as a bank nobody heard of writes it. A line is its day in the month, its words and its amount.
function statement(opening, lines) {
  let balance = opening;
  const rows = lines.map(([day, words, amount]) => {
    balance += amount;
    return `${String(day).padStart(2, "0")}.06.2021;${words};${pounds(amount)};${pounds(balance)}`;
  });
  return ["When it was;Wording;Moved;Left", ...rows, ""].join("\n");
}

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
  const columns = { "When it was": "Day", Wording: "Description", Moved: "Amount, in and out", Left: "Balance after the line" };
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

async function recordCash(page, amount) {
  await page.goto(`${program.url}/desk/gifts/new`);
  await page.getByLabel("Amount").fill(amount);
  await page.getByLabel("How it comes").selectOption("cash");
  await page.getByRole("button", { name: "Record" }).click();
  await page.waitForURL(/\/desk\/gifts\/FF/);
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
  assert.equal(sumOf(/^(Cash|Cheque|Bank transfer)/), together, "the methods are together what came");
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
  const [lines, balance] = await theBankTells(references);
  const unpaid = await aChequeComesBack(lines, balance);
  const [june, inBank] = await theMonthIsClosed(unpaid);
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
    ["60", "", "", cora],
    ["30", "Dan Leigh <dan@example.org>", "DL, Leeds"],
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
  const file = await keep("june-1.csv", statement(HELD_BEFORE, lines));
  await assert.rejects(program.run("import", "bank", file, "--dry-run"), /at the desk under Bank/, "an unknown bank");

  const treasurer = await signIn("treasurer");
  await letCertainMatchesBePosted(treasurer);
  await showFile(treasurer, file);
  await sayWhatTheColumnsAre(treasurer, "Penny Bank");
  await assertNow("a file was only looked at");
  await takeIn(treasurer, "Take in 5 lines");
  received(25_00);
  await assertNow("the exact reference is posted by itself");
  assert.match(await letterTo("ada@example.org", "receipt"), /£25\.00/);
  assert.equal(await waiting(treasurer), 4);

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

// The second statement, which begins with days of the first; the answer is the balance with which it ends.
async function aChequeComesBack(lines, balance) {
  await program.turnTo("2021-06-25");
  const clerk = await signIn("clerk");
  const known = lines.slice(3);
  const all = [...known, [22, "UNPAID CHEQUE 000117", -30_00]];
  const file = await keep("june-2.csv", statement(balance - sum(known), all));
  const trial = await program.run("import", "bank", file, "--dry-run");
  assert.match(trial, /1 line [^]*2 known already[^]*Nothing was recorded/);
  assert.equal(await waiting(clerk), 0, "a dry run leaves no trace");

  await showFile(clerk, file);
  await takeIn(clerk, "Take in one line");
  assert.equal(await waiting(clerk), 1, "days that were told before add nothing");
  assert.match(await (await walkTo(clerk, "UNPAID CHEQUE")).innerText(), /Dan Leigh/);
  await press(clerk, "a");
  received(-30_00, -1);
  await assertNow("a cheque bounced");
  const letter = await letterTo("dan@example.org", "bounce");
  assert.match(letter, /sorry to trouble you\. Your cheque for £30\.00[^]*has come back from the bank unpaid/);
  assert.match(letter, /You owe us nothing/);
  await leave(clerk);
  return balance - sum(known) + sum(all);
}

// The next month has opened by itself, with what this one lacks, and follows it until it is closed. The answer is what
// June raised, and what is in the bank.
async function theMonthIsClosed(balance) {
  await program.turnTo("2021-07-01");
  let june = month.raised;
  Object.assign(month, { appeal: "2021-07", target: TARGET + TARGET - june, raised: 0, gifts: 0 });
  await assertNow("July opens with what June lacks");

  const lines = [[30, "UNPAID CHEQUE 000118", -15_50], [30, "GROSS INTEREST", 42]];
  assert.match(await program.run("import", "bank", await keep("june-3.csv", statement(balance, lines))), /^2 lines /m);
  const treasurer = await signIn("treasurer");
  assert.match(await (await walkTo(treasurer, "UNPAID CHEQUE")).innerText(), /Eve Hill/);
  await press(treasurer, "a");
  june -= 15_50;
  month.target += 15_50;
  await assertNow("a cheque of June came back on its last day");
  await walkTo(treasurer, "GROSS INTEREST");
  await press(treasurer, "a");
  await assertReconciled(treasurer, "2021-06-30");

  await closeTheMonth(treasurer);
  await assertNow("June is closed");
  await assertCarried(treasurer, june, TARGET - june);
  assert.equal(await columnAddsUp(treasurer), june, "the printed column is the closed month");
  await recordCash(treasurer, "10");
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
  } else t.diagnostic("hledger is not installed: nobody read the journal");
  if (isInstalled("bean-check")) await run("bean-check", [await keep("fund.beancount", journals.beancount)]);
  else t.diagnostic("beancount is not installed: nobody read its journal");
  assert.match(await program.run("verify"), /^(ok .*\n)+$/, "every promise of the books is kept");
}

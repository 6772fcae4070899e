// The system's Chromium, and what every page must keep: no console error, no broken policy, no barrier.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 900 };

export function openBrowser() {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args });
}

// A page that remembers everything its console and its policy complained of, in `page.complaints`.
export async function openPage(browser, { viewport = DESK, ...options } = {}) {
  const context = await browser.newContext({ viewport, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("response", keep);
  return page;
}

// Keeps each page of ours as it was served, once, for `valid.js`. Other sites' pages stand at `localhost`.
async function keep(response) {
  const folder = process.env.FF_PAGES;
  if (!folder || new URL(response.url()).hostname === "localhost") return;
  if (!response.headers()["content-type"]?.startsWith("text/html")) return;
  // A script puts the pieces that it fetches into a page that has the rest; alone they are no document.
  if (response.request().resourceType() !== "document") return;
  try {
    const html = await response.body();
    await writeFile(join(folder, `${createHash("sha256").update(html).digest("hex")}.html`), html);
  } catch {
    // A page that was left before it had come. Others of its kind are kept.
  }
}

export function assertQuiet(page) {
  assert.deepEqual(page.complaints, [], `the console at ${page.url()} is not quiet`);
}

// axe with all its rules for WCAG A and AA and best practice. It is evaluated from outside, so that the page keeps its policy.
export async function assertAccessible(page, where) {
  const session = await page.context().newCDPSession(page);
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    expression: `${AXE}; axe.run(document, { resultTypes: ["violations"] }).then((found) => JSON.stringify(
      found.violations.map((v) => v.id + ": " + v.help + " at " + v.nodes.map((n) => n.target.join(" ")).join(", "))))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  assert.equal(exceptionDetails, undefined, `axe cannot run on ${where}`);
  assert.deepEqual(JSON.parse(result.value), [], `axe finds barriers on ${where}`);
  const doubled = await page.evaluate(() => {
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    return ids.filter((id, at) => ids.indexOf(id) !== at);
  });
  assert.deepEqual(doubled, [], `two elements of one name on ${where}`);
}

// A page fits both screens and has no barrier on either.
export async function assertWhole(page, where) {
  for (const viewport of [PHONE, DESK]) {
    await page.setViewportSize(viewport);
    await assertFits(page, `${where} (${viewport.width} px)`);
    await assertAccessible(page, `${where} (${viewport.width} px)`);
  }
}

// The page and its parts are no wider than the screen.
export async function assertFits(page, where) {
  const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(wide <= screen, `${where} is ${wide} px wide on a screen of ${screen} px`);
  // A table whose rows become blocks has nothing to scroll for.
  const cut = await page.evaluate(() => [...document.querySelectorAll(".table-wrap:has(> table.stacks)")]
    .filter((frame) => window.innerWidth < 640 && frame.scrollWidth > frame.clientWidth)
    .map((frame) => frame.getAttribute("aria-label")));
  assert.deepEqual(cut, [], `tables of ${where} are cut off`);
}

// The system's Chromium, and what every page must keep: no console error, no broken policy, no barrier.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
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
  page.complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  return page;
}

export function assertQuiet(page) {
  assert.deepEqual(page.complaints, [], `the console of ${page.url()} is not quiet`);
}

// WCAG 2.2 A and AA and axe's best practices. The script runs in the browser's own world, so the page's policy stands.
export async function assertAccessible(page, where) {
  const session = await page.context().newCDPSession(page);
  const { readFile } = await import("node:fs/promises");
  const source = await readFile(AXE, "utf8");
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    expression: `${source}; axe.run(document, { resultTypes: ["violations"] }).then((found) => JSON.stringify(
      found.violations.map((v) => v.id + ": " + v.help + " at " + v.nodes.map((n) => n.target.join(" ")).join(", "))))`,
    awaitPromise: true,
    returnByValue: true,
  });
  assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
  assert.deepEqual(JSON.parse(result.value), [], `axe finds barriers on ${where}`);
}

// The program as the browser tests start it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openBrowser, openPage } from "./browser.js";
import { startProgram } from "./program.js";

test("the program starts on a fresh database and a browser reaches it", async () => {
  const program = await startProgram();
  const browser = await openBrowser();
  try {
    const page = await openPage(browser);

    const answer = await page.goto(`${program.url}/healthz`);

    assert.notEqual(answer, null);
  } finally {
    await browser.close();
    await program.stop();
  }
});

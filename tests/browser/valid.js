// Every page that the other tests opened, as it was served, is valid HTML. Run after them; without Java it is left out.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { promisify } from "node:util";
import { isInstalled } from "./program.js";

const VALIDATOR = createRequire(import.meta.url).resolve("vnu-jar/build/dist/vnu.jar");
const PAGES = process.env.FF_PAGES;

test("every page is valid HTML", { skip: !isInstalled("java") && "there is no Java" }, async () => {
  assert.ok(PAGES, "FF_PAGES names no folder");
  const pages = await readdir(PAGES);
  assert.ok(pages.length > 100, `only ${pages.length} pages were kept`);

  // All of them at once: the validator needs seconds to start.
  const args = ["-Xss1m", "-jar", VALIDATOR, "--format", "json", "--exit-zero-always", PAGES];
  const { stderr } = await promisify(execFile)("java", args, { maxBuffer: 64 << 20 });

  const faults = JSON.parse(stderr).messages.map(({ message, extract }) => `${message} ${extract?.replaceAll(/\s+/g, " ")}`);
  assert.deepEqual([...new Set(faults)], [], `among ${pages.length} pages`);
});

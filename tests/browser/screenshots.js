// Pictures of the real pages for the README: node screenshots.js FOLDER

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DESK, PHONE, openBrowser, openPage } from "./browser.js";
import { run, startProgram } from "./program.js";

const folder = process.argv[2];
await mkdir(folder, { recursive: true });
const program = await startProgram("demo");
const browser = await openBrowser();

async function picture(page, name, options = {}) {
  await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled", ...options });
}

try {
  const desk = await openPage(browser, { viewport: DESK });
  await desk.goto(`${program.url}/`);
  await picture(desk, "fund");

  const phone = await openPage(browser, { viewport: PHONE, colorScheme: "dark" });
  await phone.goto(`${program.url}/`);
  await picture(phone, "fund-phone-dark");

  const giver = await openPage(browser, { viewport: PHONE });
  await giver.goto(`${program.url}/`);
  await giver.getByLabel("Amount").fill("25");
  await giver.getByLabel("Your name").fill("Mary Barton");
  await giver.getByLabel("Your e-mail address").fill("mary@example.org");
  await picture(giver, "form-phone", { clip: await around(giver, "#give") });
  await giver.getByRole("button", { name: "Give" }).click();
  await giver.waitForURL(/\/donations\/FF/);
  await picture(giver, "thanks-phone");

  const editor = await openPage(browser, { viewport: DESK });
  await editor.goto(`${program.url}/embed`);
  await editor.locator("fund-progress").getByRole("progressbar").waitFor();
  await picture(editor, "embed");

  const staff = await openPage(browser, { viewport: DESK });
  await staff.goto(`${program.url}/desk/sign-in`);
  await staff.getByLabel("E-mail address").fill("treasurer@lantern.example");
  await staff.getByLabel("Password").fill(/password "([^"]+)"/.exec(program.output)[1]);
  await staff.getByRole("button", { name: "Sign in" }).click();
  await staff.waitForURL(/\/desk$/);
  await picture(staff, "today");
  await staff.goto(`${program.url}/desk/gifts`);
  await picture(staff, "gifts");

  for (const [path, name] of [
    ["/desk/bank/queue", "queue"], ["/desk/funds/fighting-fund/year", "year"], ["/desk/column", "column"],
  ]) {
    await staff.goto(`${program.url}${path}`);
    await picture(staff, name);
  }
  await staff.goto(`${program.url}/desk/batches`);
  await staff.locator('main a[href^="/desk/batches/"]:not([href$="/new"]):not([href*="slips"])').first().click();
  await staff.waitForURL(/\/desk\/batches\/\d+$/);
  // The whole sheet, down to its total.
  await staff.setViewportSize({ ...DESK, height: 1000 });
  await picture(staff, "batch");
  await staff.setViewportSize(DESK);

  const offer = await openPage(browser, { viewport: DESK });
  await offer.goto(`${program.url}/shares`);
  await picture(offer, "offer");
  const applicant = await openPage(browser, { viewport: PHONE });
  await applicant.goto(`${program.url}/shares`);
  await applicant.getByLabel("How many shares?").fill("10");
  await applicant.getByLabel("Name", { exact: true }).fill("Mary Barton");
  await applicant.getByLabel("Postal address").fill("7 Oak Street\nManchester M1 1AA");
  await applicant.getByLabel("E-mail address").fill("mary@example.org");
  await applicant.getByLabel(/I accept the rules/).check();
  await applicant.getByRole("button", { name: "Apply" }).click();
  await applicant.waitForURL(/\/shares\/applications\/FF/);
  await picture(applicant, "application-phone");
  await staff.context().clearCookies();
  await staff.goto(`${program.url}/desk/sign-in`);
  await staff.getByLabel("E-mail address").fill("secretary@lantern.example");
  await staff.getByLabel("Password").fill(/password "([^"]+)"/.exec(program.output)[1]);
  await staff.getByRole("button", { name: "Sign in" }).click();
  await staff.waitForURL(/\/desk$/);
  await staff.goto(`${program.url}/desk/shares/register`);
  await picture(staff, "register");
  await staff.goto(`${program.url}/desk/shares/members/M000010`);
  await picture(staff, "member");
  // The certificate is a PDF; the system's own reader makes a picture of it.
  const pdf = await staff.request.get(`${program.url}/desk/shares/certificates/C000003`);
  const sheet = join(program.folder, "certificate.pdf");
  await writeFile(sheet, await pdf.body());
  await run("pdftoppm", ["-r", "60", "-png", "-singlefile", sheet, join(folder, "certificate")]);
} finally {
  await browser.close();
  await program.stop();
}

// The top of an element, no higher than the phone.
async function around(page, selector) {
  const box = await page.locator(selector).boundingBox();
  return { x: 0, y: Math.max(box.y - 12, 0), width: PHONE.width, height: PHONE.height };
}

// The page of an analyzer that keeps nothing says so, and gives no address that leads nowhere.
//
//   npm ci && node forgets.mjs http://127.0.0.1:5000
//
// The browser is $CHROMIUM, or /usr/bin/chromium. Exits with 1 and the first thing that is not as it should be.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--no-first-run"],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(process.argv[2]);
  await page.fill("#log", "INFO up\nERROR disk 1 failed\n");
  await page.press("#log", "Control+Enter");
  await page.waitForSelector(".verdict.bad");
  assert.match(await page.locator("#status").innerText(), /^Nothing was kept/);
  assert.equal(new URL(page.url()).hash, "");
  console.log("ok   what is not kept is not said to be");
} finally {
  await browser.close();
}

// Signs in on the real page, as somebody who asks and as a reviewer.
//
//   npm ci && node session.mjs http://127.0.0.1:5000 TOKEN REVIEWERS-TOKEN [FOLDER FOR SCREENSHOTS]
//
// The browser is $CHROMIUM, or /usr/bin/chromium. Exits with 1 and the first thing that is not as it should be.

import assert from "node:assert/strict";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, ann, rae, pictures] = process.argv.slice(2);
if (!rae) {
  console.error("usage: node session.mjs URL TOKEN REVIEWERS-TOKEN [FOLDER FOR SCREENSHOTS]");
  process.exit(2);
}
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--no-first-run"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  page.setDefaultTimeout(15_000);
  const shoot = async (name) => { if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true }); };
  const signIn = async (token) => {
    await page.waitForSelector("#signin:not([hidden])");
    await page.fill("#token", token);
    await page.press("#token", "Enter");
  };

  await page.goto(url);
  await signIn("this-is-no-token-of-theirs");
  await page.waitForFunction(() => /not known/.test(document.querySelector("#signin-status").textContent));
  assert.equal(await page.locator("#ask").isVisible(), false);
  await shoot("9-sign-in");
  console.log("ok   nobody gets in without a token");

  await signIn(ann);
  await page.waitForSelector("#ask:not([hidden])");
  assert.match(await page.locator("#who").innerText(), /ann/);
  await page.fill("#log", "INFO up\nERROR disk 1 failed\n");
  await page.press("#log", "Control+Enter");
  await page.waitForSelector(".verdict.bad");
  await page.click("[data-useful=true]");
  await page.waitForSelector("[data-useful=true][aria-pressed=true]");
  assert.equal(await page.locator("#gold").count(), 0);
  await page.reload();
  await page.waitForSelector("[data-useful=true][aria-pressed=true]");
  const cookies = await page.context().cookies();
  assert.deepEqual(cookies.map((one) => [one.httpOnly, one.sameSite]), [[true, "Strict"]]);
  const stored = await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.equal(stored, "{}");
  await shoot("9-signed-in");
  console.log("ok   a session asks, says, and outlives a reload");

  const address = page.url();
  await page.click("#who button");
  await page.waitForSelector("#signin:not([hidden])");
  assert.equal(await page.locator("#answer").isVisible(), false);
  console.log("ok   signed out, nothing is left on the page");

  await signIn(rae);
  await page.waitForSelector("#kept:not([hidden])");
  await page.click("#kept > summary");
  await page.waitForFunction(() => document.querySelectorAll("#kept-list tr").length === 1);
  assert.match(await page.locator("#kept-list").innerText(), /ann/);
  await page.goto(address);
  await page.waitForSelector("#gold");
  await page.check("#gold");
  await page.click(".failure[open] .hit .correct");
  await page.waitForSelector(".failure[open] .hit .correct.kept");
  const answered = await fetch(new URL("/api/chat/analyze", url), {
    method: "POST", body: "ERROR disk 2 failed\n", headers: { authorization: `Bearer ${ann}`, "content-type": "text/plain" },
  });
  assert.deepEqual((await answered.json()).analysis_results.failures, []);
  console.log("ok   a reviewer corrects for everybody");

  const ask = (body) => fetch(new URL("/api/chat/analyze", url), {
    method: "POST", body, headers: { authorization: `Bearer ${ann}`, "content-type": "text/plain" },
  });
  await ask("2026-11-22T10:00:00Z|INFO|node|run|container was OOMKilled\n");
  await page.click("#next > summary");
  await page.waitForFunction(() => /words alone/.test(document.querySelector("#next-list").textContent));
  await shoot("9-next");
  await page.click("#next-list .correct >> text=no failure");
  await page.waitForFunction(() => /kept: no failure/.test(document.querySelector("#next-list").textContent));
  // Folded and unfolded, it is asked again.
  await page.click("#next > summary");
  await page.click("#next > summary");
  await page.waitForFunction(() => /Nothing\./.test(document.querySelector("#next-status").textContent));
  console.log("ok   a reviewer is shown what to label next, and labels it there");
} finally {
  await browser.close();
}

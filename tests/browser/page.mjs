// Drives the real page in a real browser: paste, upload, answer, feedback, errors, narrow screens.
//
//   npm ci && node page.mjs http://127.0.0.1:5000 [FOLDER FOR SCREENSHOTS]
//
// The browser is $CHROMIUM, or /usr/bin/chromium. Exits with 1 and the first thing that is not as it should be.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, pictures] = process.argv.slice(2);
if (!url) {
  console.error("usage: node page.mjs URL [FOLDER FOR SCREENSHOTS]");
  process.exit(2);
}

/** A stranger's text that tries everything: markup, an escape sequence, another direction of writing. */
const EVIL = "<img src=x onerror=\"window.owned=1\"><script>window.owned=1</script> \u001b[31mred\u001b[0m \u202etxt";
const at = (second) => `2026-11-22T10:${String(Math.floor(second / 60)).padStart(2, "0")}:${String(second % 60).padStart(2, "0")}Z`;
const BAD = [
  ...Array.from({ length: 60 }, (_, n) => `${at(n)}|INFO|shop|browse|page ${n} shown to visitor ${n * 7}`),
  `${at(61)}|ERROR|database|connect|connection refused by 10.0.0.1:5432`,
  `${at(62)}|WARN|billing|retry|attempt 1 of 3`,
  `${at(62)}|ERROR|billing|charge|card 17 was not charged: timed out after 30s`,
  `${at(63)}|ERROR|billing|charge|card 18 was not charged: timed out after 30s`,
  `${at(64)}|ERROR|web|render|${EVIL}`,
  ...Array.from({ length: 60 }, (_, n) => `${at(65 + n)}|INFO|shop|browse|page ${n} shown to visitor ${n * 3}`),
].join("\n") + "\n";
const GOOD = Array.from({ length: 90 }, (_, n) => `${at(n)}|INFO|shop|browse|page ${n} shown to visitor ${n}`).join("\n")
  + `\n${at(99)}|INFO|database|connect|connected to 10.0.0.1:5432\n`;

const count = (n, template) => ({ template_id: `t1-${n}`, template, count: 1000 / n, line: n, is_failure: n === 1, baseline_count: 3 * n });
const EVERYTHING = {
  success: true, interaction_id: "00000000-0000-7000-8000-000000000000", kept: true, model_version: "line-1", response_text: "## Analysis Summary",
  analysis_results: {
    stats: {
      total_lines: 120_000, total_entries: 100_000, total_failures: 340, total_templates: 412, format: "json",
      format_reason: "500 of 500 sampled lines are json", failure_groups_left_out: 2, levels: { ERROR: 340, WARN: 1200, INFO: 98_000, DEBUG: 460 },
      components: { api: 60_000, "payment-gateway-with-a-long-name": 39_000, db: 1000 }, operations: {}, error_patterns: { connection_refused: 300 },
      top_templates: [1, 2, 4].map((n) => count(n, `request <*> took <*> ms in step ${n}`)), rare_templates: [5, 8].map((n) => count(n, `odd thing ${n}`)),
      timeline: {
        bucket_seconds: 300,
        buckets: Array.from({ length: 40 }, (_, n) => ({
          start: `2026-11-22T${String(10 + Math.floor(n / 12)).padStart(2, "0")}:${String((n % 12) * 5).padStart(2, "0")}:00Z`,
          entries: n === 20 ? 0 : 2000 + Math.round(900 * Math.sin(n / 3)), failures: n > 24 && n < 33 ? (n - 24) * 11 : 0,
        })),
      },
      transactions: { total: 31, failed: 2, failing: [{ id: "4bf92f3577b34da6", entries: 12, first_line: 5, last_line: 90, failing_line: 61, failing_step: "charge" }] },
      sequences: { checked: 31, anomalous: 9, unknown: 1 },
      warnings: ["3 bytes were not valid UTF-8 and were replaced"],
    },
    anomalies: Array.from({ length: 7 }, (_, n) => ({
      kind: n === 6 ? "window" : "transaction", transaction_id: n === 6 ? undefined : `${EVIL} t-${n}`, component: n === 6 ? "db" : undefined,
      line: 70 + n, line_end: 90, lines: [70 + n], count: n === 0 ? 3 : 1, entries: 12, rarity: 0.0005, has_failure: n === 1,
      reasons: [{ check: "missing", text: `"${EVIL}" is missing, which all 2,000 of normal ones have`, count: 0, seen: 0, of: 2000 },
        { check: "too_often", text: "\"retry <*>\" 14 times, at most 3 in 2,000 normal ones", line: 75, count: 14, seen: 0, of: 2000 }],
    })),
    failures: Array.from({ length: 14 }, (_, n) => ({
      line: 61 + n, line_end: 61 + n, lines: [61 + n, 200 + n, 300 + n, 400 + n, 90_000 + n], count: 170 - n, severity: [0.95, 0.75, 0.5, 0.2][n % 4], score: 0.9,
      scored_by: "model", log_entry: `{"ts":"2026-11-22T10:01:00Z","level":"error","msg":"upstream ${n} did not answer"}`, component: "api", operation: null,
      level: "ERROR", error_patterns: ["timeout"], keywords: ["did not answer"], timestamp: "2026-11-22T10:01:00Z", last_seen: "2026-11-22T12:31:00Z",
      transaction_id: null, template: "upstream <*> did not answer", template_id: `t1-${n}`, rank: n + 1, context: [{ line: 60 + n, text: "before" }], is_new: n === 0,
    })),
    recommendations: [{ pattern: "timeout", text: "Find what did not answer in time.", lines: [61, 62] }],
    comparison: { baseline_lines: 90_000, new: [count(1, "upstream <*> did not answer")], gone: [count(2, "cache warmed")], changed: [count(4, "retry <*> of <*>")], left_out: 7 },
  },
};

const profile = mkdtempSync(join(tmpdir(), "logloop-page-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  viewport: { width: 1200, height: 900 },
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const page = browser.pages()[0] ?? await browser.newPage();
page.setDefaultTimeout(15_000);
const complaints = [];
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("console", (message) => {
  // A refused request is told on the page; the browser writes it to its console too.
  if (message.type() === "error" && !message.text().includes("the server responded with a status of 4")) complaints.push(message.text());
});

const text = (selector) => page.locator(selector).innerText();
const shoot = async (name) => { if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true }); };
const buffer = (name, content) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(content) });
const api = async (path) => (await (await fetch(new URL(path, url))).json());
const id = () => new URL(page.url()).hash.slice(1);
async function analyze() {
  const before = id();
  await page.click("#ask button[type=submit]");
  await page.waitForFunction((old) => location.hash.slice(1) !== old || document.querySelector("#status.error"), before);
}
async function nothingSticksOut(what) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${what}: the page is ${wide} pixels wider than the window`);
}

const steps = {
  async "an empty form says what to do"() {
    await page.goto(url);
    await page.waitForFunction(() => document.querySelector("#serving").textContent !== "");
    await shoot("1-empty");
    await page.click("#ask button[type=submit]");
    assert.match(await text("#status"), /Paste a log/);
  },

  async "a pasted log is answered, its first cause first"() {
    await page.fill("#log", BAD);
    await page.fill("#query", "Why did the charge fail?");
    await analyze();
    assert.match(await text(".verdict h2"), /line 61/);
    assert.match(await text(".verdict"), /connection refused/);
    assert.match(await text(".failure[open] .excerpt .hit"), /10\.0\.0\.1:5432/);
    assert.match(await text("#about"), /format pipe/);
    assert.equal(await page.locator(".failure").count(), 3);
    await shoot("2-answer");
    await nothingSticksOut("answer");
  },

  async "a stranger's text stays text"() {
    assert.equal(await page.evaluate(() => window.owned), undefined);
    const foreign = page.locator("#answer img, #answer script");
    assert.deepEqual(await foreign.evaluateAll((all) => all.map((one) => one.outerHTML)), []);
    const said = await page.locator(".failure .said").allInnerTexts();
    assert.ok(said.some((one) => one.includes("<script>") && one.includes("red") && !/[\u001b\u202e]/.test(one)), said.join("\n"));
  },

  async "feedback and corrections are kept"() {
    await page.click("[data-useful=true]");
    await page.waitForSelector("[data-useful=true][aria-pressed=true]");
    await page.fill("#comment", "found it at once");
    await page.press("#comment", "Enter");
    await page.waitForFunction(() => /Kept/.test(document.querySelector("#feedback [role=status]").textContent));
    await page.click(".failure[open] .hit .correct");
    await page.waitForSelector(".failure[open] .hit .correct.kept");
    await page.fill("#line", "62");
    await page.press("#line", "Enter");
    await page.waitForFunction(() => /line 62 is a failure/.test(document.querySelector("#feedback").textContent));
    const { interaction } = await api(`/api/chat/interactions/${id()}`);
    assert.equal(interaction.is_useful, true);
    assert.equal(interaction.user_feedback, "found it at once");
    assert.deepEqual(interaction.corrections.map((one) => [one.line, one.is_failure]), [[61, false], [62, true]]);
  },

  async "the address leads back to the answer and what was said"() {
    await page.reload();
    await page.waitForSelector("[data-useful=true][aria-pressed=true]");
    assert.match(await text(".verdict h2"), /line 61/);
    assert.equal(await page.locator(".failure[open] .hit .correct.kept").count(), 1);
    assert.equal(await page.inputValue("#comment"), "found it at once");
  },

  async "what was said can be taken back"() {
    await page.click(".failure[open] .hit .correct");
    await page.waitForSelector(".failure[open] .hit .correct:not(.kept)");
    await page.click("[data-useful=true]");
    await page.waitForSelector("[data-useful=true][aria-pressed=false]");
    await page.fill("#comment", "");
    await page.press("#comment", "Enter");
    await page.waitForFunction(() => /Taken back/.test(document.querySelector("#feedback [role=status]").textContent));
    const { interaction } = await api(`/api/chat/interactions/${id()}`);
    assert.deepEqual([interaction.is_useful, interaction.user_feedback], [null, null]);
    assert.deepEqual(interaction.corrections.map((one) => one.line), [62]);
  },

  async "what was asked before is listed, page by page"() {
    for (let n = 0; n < 21; n++) {
      await fetch(new URL("/api/chat/analyze", url), { method: "POST", body: `ERROR disk ${n} failed`, headers: { "content-type": "text/plain" } });
    }
    await page.click("#kept > summary");
    await page.waitForFunction(() => document.querySelectorAll("#kept-list tr").length === 20);
    await page.click("#kept-more");
    await page.waitForFunction(() => document.querySelectorAll("#kept-list tr").length === 22);
    assert.equal(await page.locator("#kept-more").isVisible(), false);
    await page.locator("#kept-list a").last().click();
    await page.waitForFunction(() => /Answered before/.test(document.querySelector("#status").textContent));
    assert.match(await text(".verdict h2"), /line 61/);
    await shoot("2b-kept");
    await page.click("#kept > summary");
  },

  async "a file is uploaded, in the format that was chosen"() {
    await page.setInputFiles("#file", buffer("app.log", BAD));
    await page.selectOption("#format", "plain");
    await analyze();
    assert.match(await text("#about"), /format plain \(as asked for\)/);
    await page.selectOption("#format", "");
  },

  async "a file can be dropped"() {
    const dropped = await page.evaluateHandle((content) => {
      const data = new DataTransfer();
      data.items.add(new File([content], "dropped.log"));
      return data;
    }, GOOD);
    await page.dispatchEvent("main", "drop", { dataTransfer: dropped });
    assert.match(await text("#status"), /dropped\.log/);
    await analyze();
    assert.match(await text(".verdict.good"), /No failures found/);
    await shoot("3-good");
  },

  async "a good run shows what is new"() {
    await page.setInputFiles("#file", buffer("app.log", BAD));
    await page.setInputFiles("#baseline", buffer("good.log", GOOD));
    await analyze();
    if (/compares with no baseline/.test(await text("#status"))) return "this service compares with no good run";
    assert.match(await text("#answer"), /Against the good run/);
    assert.ok(await page.locator("#changes .badge.new").count() > 0);
    await shoot("4-compared");
    return undefined;
  },

  async "an answer with everything in it is shown"() {
    await page.route("**/api/chat/analyze", (route) => route.fulfill({ json: EVERYTHING }));
    await page.fill("#log", "x");
    await analyze();
    await page.unroute("**/api/chat/analyze");
    assert.equal(await page.locator(".chart").count(), 2);
    assert.equal(await page.locator(".chart").first().locator("g").count(), 40);
    assert.equal(await page.locator("#changes tr").count(), 3);
    assert.match(await text("#answer"), /2 of 31 transactions failed/);
    assert.match(await text(".panel.warn"), /3 bytes/);
    assert.equal(await page.locator(".failure").count(), 10);
    await page.click("text=Show more (4 left)");
    assert.equal(await page.locator(".failure").count(), 14);
    assert.match(await text("#answer"), /Not as usual: 9 of 31 transactions and windows/);
    assert.equal(await page.locator(".anomalies > li").count(), 5);
    assert.match(await text(".anomalies > li:first-child"), /and 2 more.*is missing, which all 2,000.*\(line 75\)/s);
    await page.click("text=Show more (2 left)");
    assert.equal(await page.locator(".anomalies > li").count(), 7);
    await page.locator(".folded").nth(1).locator("summary").click();
    await shoot("5-everything");
    await nothingSticksOut("everything");
  },

  async "what is refused is said in words"() {
    await page.click("#clear");
    await page.setInputFiles("#file", buffer("a.bin", new Uint8Array([0, 1, 2, 3, 0, 0, 0, 9])));
    await analyze();
    assert.match(await text("#status.error"), /no text/);
    await shoot("6-refused");
  },

  async "it works by keyboard alone"() {
    await page.click("#clear");
    assert.equal(await page.evaluate(() => document.activeElement.id), "log");
    await page.keyboard.insertText(BAD);
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector(".verdict.bad");
    await page.waitForFunction(() => document.activeElement.id === "answer");
    await page.locator(".failure summary").nth(1).focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.locator(".failure[open]").count(), 2);
    const unnamed = await page.evaluate(() => [...document.querySelectorAll("input, select, textarea, button")]
      .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") || one.textContent.trim())).map((one) => one.outerHTML));
    assert.deepEqual(unnamed, []);
  },

  async "what the loop is doing is told, and that nobody tells it"() {
    await page.click("#loop summary");
    await page.waitForFunction(() => document.getElementById("loop-status").textContent.includes("operator"));
    assert.match(await text("#loop-status"), /^No operator has told/);
    const said = {
      success: true, told: "2026-06-10T12:00:00Z", problem: null,
      loop: {
        target: "web", serving: { version: "old", digest: "d", since: "2026-06-10T10:00:00Z" },
        candidate: { version: "new", run: "first", phase: "RollingOut", share: 0.5 },
        current: [{ name: "first", phase: "Training", message: EVIL, percent: 40, eta_seconds: 300 }], current_count: 12,
        last: { name: "before", phase: "Failed", outcome: "Failed", ended: "2026-06-10T11:00:00Z", message: "no space" },
        schedules: [{ name: "nightly", phase: "Scheduled", message: "", next: "2026-06-11T03:17:00Z" }],
        retentions: [{ name: "tidy", phase: "Scheduled", message: "12 gone", dry_run: true, last: "2026-06-10T03:00:00Z", next: null }],
      },
    };
    await page.route("**/api/loop", (route) => route.fulfill({ json: said }));
    await page.click("#loop summary");
    await page.click("#loop summary");
    await page.waitForSelector("#loop-list tr");
    const rows = await page.locator("#loop-list tr").allInnerTexts();
    for (const [at, words] of [
      [0, ["Serves", "old"]], [1, ["Is tried", "new", "50 %"]], [2, ["first: Training", "40 %, 5 min left", "red"]], [3, ["11 more"]],
      [4, ["before: Failed", "no space"]], [5, ["Next run", "nightly"]], [6, ["Clean-up", "last ", "only reports"]],
    ]) for (const word of words) assert.ok(rows[at].includes(word), `${word} is not in ${rows[at]}`);
    assert.equal(await page.evaluate(() => window.owned), undefined);
    await nothingSticksOut("the loop");
    await page.unroute("**/api/loop");
    await page.click("#loop summary");
  },

  async "it fits a narrow screen, and the night"() {
    await page.emulateMedia({ colorScheme: "dark" });
    await shoot("7-dark");
    await page.setViewportSize({ width: 360, height: 740 });
    await nothingSticksOut("narrow");
    await shoot("8-narrow");
  },

  async "nothing was blocked and nothing threw"() {
    assert.deepEqual(complaints, []);
  },
};

let failed = false;
try {
  for (const [name, step] of Object.entries(steps)) {
    try {
      const skipped = await step();
      console.log(skipped ? `skip ${name}: ${skipped}` : `ok   ${name}`);
    } catch (error) {
      failed = true;
      console.error(`FAIL ${name}: ${error.message}\nstatus: ${await text("#status").catch(() => "?")}\n${complaints.join("\n")}`);
      await shoot("failed");
      break;
    }
  }
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);

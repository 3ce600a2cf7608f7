// Small charts as SVG: its attributes need no inline style, which the page's policy forbids.

import { element, number, plural, svg } from "./dom.js";

/** Width of a bucket and height of a chart, in the chart's own units. */
const STEP = 10;
const HEIGHT = 60;

/** Entries and failures over time. */
export function timeline({ bucket_seconds, buckets }) {
  const failures = buckets.some((bucket) => bucket.failures > 0);
  const rows = [["entries", "bars"], ...(failures ? [["failures", "bars bad"]] : [])];
  return element("figure", {},
    rows.map(([key, kind]) => bars(buckets, key, kind)),
    element("figcaption", { class: "row muted small" },
      element("span", {}, time(buckets[0].start)),
      element("span", { class: "middle" }, `each bar is ${duration(bucket_seconds)}`),
      element("span", {}, time(buckets.at(-1).start))));
}

function bars(buckets, key, kind) {
  const most = Math.max(...buckets.map((bucket) => bucket[key]), 1);
  const all = buckets.reduce((sum, bucket) => sum + bucket[key], 0);
  // What is there must be seen, however little it is.
  const height = (count) => (count === 0 ? 0 : Math.max(2, (HEIGHT * count) / most));
  const drawing = svg("svg", {
    class: kind, viewBox: `0 0 ${buckets.length * STEP} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
    "aria-label": `${number(all)} ${key} over time, at most ${number(most)} at once`,
  }, buckets.map((bucket, at) => svg("g", {},
    svg("title", {}, `${time(bucket.start)}: ${plural(bucket.entries, "entry", "entries")}, ${plural(bucket.failures, "failure", "failures")}`),
    svg("rect", { class: "ground", x: at * STEP, y: 0, width: STEP, height: HEIGHT }),
    svg("rect", { x: at * STEP + 1, y: HEIGHT - height(bucket[key]), width: STEP - 2, height: height(bucket[key]) }))));
  return element("div", { class: "chart" },
    element("span", { class: "muted small" }, `${key}, up to ${number(most)}`), drawing);
}

/** 1970 stands for a year that the log does not name. */
const time = (rfc3339) => rfc3339.replace(/^1970-/, "").replace("T", " ").replace("Z", "");

function duration(seconds) {
  const [unit, name] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([one]) => seconds % one === 0);
  return plural(seconds / unit, name, `${name}s`);
}

/** A horizontal bar beside a number. */
export const share = (count, most, kind = "") => svg("svg", {
  class: `share ${kind}`, viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true",
}, svg("rect", { width: most > 0 ? Math.max(1, (100 * count) / most) : 0, height: 10 }));

/**
 * What a `User-Agent` header says of the device: enough to tell one's own sessions apart in a list. It is written by the
 * browser, so nothing may be decided by it.
 */

export interface Device {
  os: string;
  osVersion: string;
  browser: string;
  browserVersion: string;
  type: "desktop" | "mobile" | "tablet" | "other";
}

type Pattern = readonly [name: string, pattern: RegExp];

/** Every browser names others that it is like, so the more particular stand first. */
const browsers: readonly Pattern[] = [
  ["Edge", /\bEdg(?:e|A|iOS)?\/([\d.]+)/],
  ["Opera", /\b(?:OPR|OPiOS)\/([\d.]+)/],
  ["Samsung Internet", /\bSamsungBrowser\/([\d.]+)/],
  ["Firefox", /\b(?:Firefox|FxiOS)\/([\d.]+)/],
  ["Chrome", /\b(?:Chrome|CriOS)\/([\d.]+)/],
  ["Safari", /\bVersion\/([\d.]+).*Safari\//],
];

const systems: readonly Pattern[] = [
  ["iOS", /\b(?:iPhone|iPad|iPod)\b.*?OS ([\d_]+)/],
  ["Android", /\bAndroid ?([\d.]*)/],
  ["ChromeOS", /\bCrOS \S+ ([\d.]+)/],
  ["Windows", /\bWindows NT ([\d.]+)/],
  ["macOS", /\bMac OS X ([\d_.]+)/],
  ["Linux", /\bLinux\b()/],
];

/** A header is never longer in practice, and what anybody may send is not searched without end. */
const longest = 1_000;

/** @param header what is unknown of it stays "" */
export function readUserAgent(header: string): Device {
  const text = header.slice(0, longest);
  const browser = find(browsers, text);
  const system = find(systems, text);
  return {
    os: system.name,
    osVersion: system.version.replaceAll("_", "."),
    browser: browser.name,
    browserVersion: browser.version,
    type: typeOf(text, system.name),
  };
}

function find(patterns: readonly Pattern[], text: string): { name: string; version: string } {
  for (const [name, pattern] of patterns) {
    const version = pattern.exec(text)?.[1];
    if (version !== undefined) return { name, version };
  }
  return { name: "", version: "" };
}

function typeOf(text: string, os: string): Device["type"] {
  if (/\biPad\b|\bTablet\b/.test(text)) return "tablet";
  if (/\bMobile\b|\biPhone\b|\biPod\b/.test(text)) return "mobile";
  // Android leaves "Mobile" out on tablets.
  if (os === "Android") return "tablet";
  return os === "" ? "other" : "desktop";
}

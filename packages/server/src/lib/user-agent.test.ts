/** What is read of the headers that common browsers send. */
import { expect, test } from "vitest";
import { readUserAgent } from "./user-agent.ts";

const webKit = "AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webKit} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.81`,
    { os: "Windows", osVersion: "10.0", browser: "Edge", browserVersion: "126.0.2592.81", type: "desktop" },
  ],
  [
    `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${webKit} Chrome/126.0.0.0 Mobile Safari/537.36`,
    { os: "Android", osVersion: "14", browser: "Chrome", browserVersion: "126.0.0.0", type: "mobile" },
  ],
  [
    `Mozilla/5.0 (Linux; Android 13; SM-X700) ${webKit} SamsungBrowser/25.0 Chrome/121.0.0.0 Safari/537.36`,
    { os: "Android", browser: "Samsung Internet", type: "tablet" },
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    { os: "iOS", osVersion: "17.5", browser: "Safari", browserVersion: "17.5", type: "mobile" },
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0",
    { os: "macOS", osVersion: "10.15", browser: "Firefox", type: "desktop" },
  ],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", { os: "Linux", osVersion: "" }],
  ["curl/8.5.0", { os: "", osVersion: "", browser: "", browserVersion: "", type: "other" }],
  ["", { type: "other" }],
])("%s", (header, device) => {
  expect(readUserAgent(header)).toMatchObject(device);
});

test("a header of a megabyte costs next to nothing", () => {
  const begin = performance.now();
  readUserAgent("Version/1 ".repeat(100_000));
  readUserAgent("iPhone ".repeat(150_000));
  expect(performance.now() - begin).toBeLessThan(50);
});

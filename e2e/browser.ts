/** Finds and starts the machine's own Chromium for the browser journeys. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];

const KNOWN_PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

// Nothing of the browser's own may reach for the network: the journeys run offline.
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Nor a page's: other names resolve to nothing.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

/**
 * The browser to use: `CHROMIUM_PATH`, else the first one with a usual name or in a usual place.
 * @returns undefined when this machine has none
 */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.CHROMIUM_PATH) return env.CHROMIUM_PATH;
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates = [
    ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...KNOWN_PLACES,
  ];
  return candidates.find(isExecutable);
}

/**
 * Whether a journey must be skipped; says so once, with the reason, since a skipped test otherwise passes for a green one.
 */
export function hasNoChromium(): boolean {
  if (findChromium() !== undefined) return false;
  process.stderr.write("Browser tests are skipped: no Chromium here. Install one, or set CHROMIUM_PATH.\n");
  return true;
}

/**
 * Starts it without a window.
 * @throws Error when the machine has no Chromium: check `hasNoChromium` first
 */
export function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("No Chromium found: set CHROMIUM_PATH");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

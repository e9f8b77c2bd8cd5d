import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { compatibilityPage } from "./generate-compatibility.ts";
import { configurationPage } from "./generate-configuration.ts";
import { errorsPage } from "./generate-errors.ts";
import { guidePages } from "./generate-guides.ts";

const root = join(import.meta.dirname, "..");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...globSync("docs/**/*.md", { cwd: root }),
].sort();

describe.each(pages)("%s", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const prose = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "");

  test("links lead somewhere", () => {
    const broken = linksOf(prose).filter((link) => !leadsSomewhere(page, link));
    expect(broken).toEqual([]);
  });

  test("files that are named exist", () => {
    const missing = filesOf(prose).filter(
      (file) => !bases(page).some((base) => existsSync(join(base, file))),
    );
    expect(missing).toEqual([]);
  });

  test("commands that are named exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    for (const [, name = ""] of text.matchAll(/npm run ([a-z:]+)/g)) {
      expect(scripts, name).toHaveProperty([name]);
      for (const [, file = ""] of String(scripts[name]).matchAll(/node (?:--\S+ )*(\S+\.ts)/g)) {
        expect(existsSync(join(root, file)), `${name} runs ${file}`).toBe(true);
      }
    }
  });
});

test.each([
  ["configuration.md", configurationPage],
  ["errors.md", errorsPage],
  ["compatibility.md", compatibilityPage],
])("docs/%s is what its source makes", (name, make) => {
  expect(readFileSync(join(root, "docs", name), "utf8")).toBe(make());
});

test.each(guidePages())("docs/%s is what the guides make", (name, text) => {
  expect(readFileSync(join(root, "docs", name), "utf8")).toBe(text);
});

test("docs/guides/ has no page that no guide makes", () => {
  const made = guidePages().map(([name]) => `docs/${name}`);
  expect(globSync("docs/guides/*", { cwd: root }).sort()).toEqual(made.sort());
});

test("the check of links notices a file and a heading that are not there", () => {
  expect(leadsSomewhere("README.md", "docs/tour.md")).toBe(true);
  expect(leadsSomewhere("README.md", "docs/nowhere.md")).toBe(false);
  expect(leadsSomewhere("README.md", "SECURITY.md#what-the-server-promises")).toBe(true);
  expect(leadsSomewhere("README.md", "SECURITY.md#what-it-does-not")).toBe(false);
  expect(filesOf("see `modules/nowhere/rpc.ts` and `<noun>.ts`")).toEqual(["modules/nowhere/rpc.ts"]);
});

/** The targets of links, those to other sites left out. */
function linksOf(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? join(root, page) : resolve(root, dirname(page), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || anchorsOf(readFileSync(file, "utf8")).includes(anchor);
}

/** As GitHub makes them: lower case, punctuation dropped, a hyphen for each space. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Names in code type that are files: an ending, no placeholder, and a folder or a well-known name. */
function filesOf(markdown: string): string[] {
  return [...markdown.matchAll(/`([\w@./-]+\.(?:ts|tsx|mjs|md|sql|json|proto|css))`/g)]
    .map(([, name = ""]) => name)
    .filter((name) => name.includes("/") && !name.includes("…"));
}

/** A page names files from the root, from the server's sources, or from where it stands. */
function bases(page: string): string[] {
  return [root, join(root, "packages/server/src"), join(root, dirname(page))];
}

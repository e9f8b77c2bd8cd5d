import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canEnter, serverAccount } from "./account.ts";
import { findBinaries, linkLibraries, locatePackage } from "./binaries.ts";
import { deleteCluster, placeCluster } from "./cluster.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "gatehouse-placement-")));
chmodSync(root, 0o755);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const account = { uid: 65534, gid: 65534 };
const lines: string[] = [];
const log = { info: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) };
const runsAsRoot = serverAccount() !== undefined;

let made = 0;

function folder(mode: number): string {
  made += 1;
  const path = join(root, `d${made}`);
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

describe("the library links", () => {
  test("are made when npm did not, and made again when one is missing or broken", () => {
    const place = folder(0o755);
    mkdirSync(join(place, "native", "lib"), { recursive: true });
    writeFileSync(join(place, "native", "lib", "libx.so.1.2"), "x");
    const link = { source: "native/lib/libx.so.1.2", target: "native/lib/libx.so" };
    writeFileSync(join(place, "native", "pg-symlinks.json"), JSON.stringify([link]));
    expect(linkLibraries(place)).toBe(true);
    expect(readlinkSync(join(place, link.target))).toBe("libx.so.1.2");
    expect(linkLibraries(place)).toBe(true);
  });

  test("that cannot be made are reported", () => {
    const place = folder(0o755);
    mkdirSync(join(place, "native"));
    writeFileSync(
      join(place, "native", "pg-symlinks.json"),
      JSON.stringify([{ source: "native/lib/absent", target: "native/lib/link" }]),
    );
    expect(linkLibraries(place)).toBe(false);
  });
});

describe("the programs", () => {
  test("are used where npm put them", () => {
    const binaries = findBinaries(undefined, join(root, "unused"), log);
    expect(binaries.version).toMatch(/^18\./);
    expect(execFileSync(binaries.postgres, ["--version"], { encoding: "utf8" })).toContain("PostgreSQL");
    expect(existsSync(join(root, "unused"))).toBe(false);
  });

  test.runIf(runsAsRoot)("are copied, with their links, from a folder that is closed to the account", () => {
    const closed = folder(0o700);
    const installed = join(closed, "package");
    // As npm leaves it when it runs no install scripts: without any link.
    const filter = (path: string) => !path.endsWith(".a") && !lstatSync(path).isSymbolicLink();
    cpSync(locatePackage(), installed, { recursive: true, filter });
    const systemDir = join(root, "system");
    const binaries = findBinaries(account, systemDir, log, installed);
    expect(binaries.postgres).toBe(join(systemDir, `pg-${binaries.version}`, "native", "bin", "postgres"));
    expect(lines.at(-1)).toContain("is closed to the user that runs them");
    for (const program of [binaries.postgres, binaries.initdb]) {
      const said = execFileSync(program, ["--version"], { encoding: "utf8", cwd: "/", ...account });
      expect(said).toContain("PostgreSQL");
    }
    lines.length = 0;
    expect(findBinaries(account, systemDir, log, installed)).toEqual(binaries);
    expect(lines).toEqual([]);
  });
});

describe("the cluster's place", () => {
  const systemDir = join(root, "system-clusters");

  test("is the data folder, which others then may pass through and not read", () => {
    const dataDir = join(folder(0o755), "data");
    expect(placeCluster(dataDir, account, systemDir, log)).toBe(join(dataDir, "postgres"));
    expect(statSync(dataDir).mode & 0o777).toBe(0o711);
  });

  test("is the data folder, as it is, when we do not run as root", () => {
    const dataDir = folder(0o700);
    expect(placeCluster(dataDir, undefined, systemDir, log)).toBe(join(dataDir, "postgres"));
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  describe.runIf(runsAsRoot)("below a closed folder", () => {
    let closed: string;
    let dataDir: string;
    let outside: string;
    beforeAll(() => {
      closed = folder(0o700);
      dataDir = join(closed, "data");
      outside = placeCluster(dataDir, account, systemDir, log);
    });

    test("is outside, and says so in the log and in the data folder", () => {
      expect(outside).toMatch(new RegExp(`^${systemDir}/[0-9a-f]{16}$`));
      expect(lines.at(-1)).toBe(
        `the database's files are in ${outside}: ${dataDir} is closed to the user that runs PostgreSQL`,
      );
      expect(readFileSync(join(dataDir, "postgres-location.txt"), "utf8")).toBe(`${outside}\n`);
      expect(canEnter(account, systemDir)).toBe(true);
    });

    test("stays outside when the folder is opened later", () => {
      mkdirSync(outside, { recursive: true });
      writeFileSync(join(outside, "PG_VERSION"), "18\n");
      chmodSync(closed, 0o755);
      expect(placeCluster(dataDir, account, systemDir, log)).toBe(outside);
      chmodSync(closed, 0o700);
    });

    test("is not lost from sight when the data folder is moved", () => {
      const moved = join(closed, "moved");
      cpSync(dataDir, moved, { recursive: true });
      expect(() => placeCluster(moved, account, systemDir, log)).toThrow(
        `files are in ${outside}, and they belong in`,
      );
    });

    test("is refused when files inside can no longer be reached", () => {
      const other = join(closed, "other");
      mkdirSync(join(other, "postgres"), { recursive: true });
      writeFileSync(join(other, "postgres", "PG_VERSION"), "18\n");
      expect(() => placeCluster(other, account, systemDir, log)).toThrow("can no longer reach");
    });

    test("is deleted together with its data folder", () => {
      mkdirSync(outside, { recursive: true });
      deleteCluster(dataDir);
      expect(existsSync(outside) || existsSync(dataDir)).toBe(false);
    });
  });
});

/**
 * Files that are there whole or not at all, whoever reads them and whenever this process is killed. Mode 0600: what
 * is written here are keys and credentials.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";

/** Writes the file in the place of a former one. */
export function replaceFile(file: string, text: string): void {
  const fresh = writeBeside(file, text);
  renameSync(fresh, file);
}

/** Writes the file unless there is one; of several processes at once, one does. @returns whether this one did */
export function writeOnce(file: string, text: string): boolean {
  const fresh = writeBeside(file, text);
  try {
    linkOrCopy(fresh, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(fresh);
  }
}

/** Unlike a rename, both fail where a file is. Some file systems (exFAT, network drives) know no links. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

function writeBeside(file: string, text: string): string {
  const fresh = `${file}.${randomBytes(6).toString("hex")}`;
  const handle = openSync(fresh, "wx", 0o600);
  try {
    writeSync(handle, text);
    // A key that a power cut takes away again is lost with all that it sealed.
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return fresh;
}

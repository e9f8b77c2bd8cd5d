/** The account that PostgreSQL runs under when Gatehouse runs as root, and what it may reach. */
import { statSync } from "node:fs";
import { dirname } from "node:path";

/** A user and group of the operating system, by number: no such user need exist. */
export type Account = { uid: number; gid: number };

// "nobody" on every Unix: `postgres` refuses to run as root.
const NOBODY: Account = { uid: 65534, gid: 65534 };

/** The account for PostgreSQL's processes, or undefined to run them as the current user. */
export function serverAccount(): Account | undefined {
  return process.getuid?.() === 0 ? NOBODY : undefined;
}

/**
 * Whether an account can walk from the root folder to a path and read it.
 * @param path an existing file or folder, without links in it
 */
export function isOpenTo(account: Account, path: string): boolean {
  const { mode } = statSync(path);
  return allows(account, path, mode & 0o111 ? 0o5 : 0o4) && canEnter(account, dirname(path));
}

/** Whether an account can walk from the root folder into a folder, without links in its path. */
export function canEnter(account: Account, folder: string): boolean {
  if (!allows(account, folder, 0o1)) return false;
  const parent = dirname(folder);
  return parent === folder || canEnter(account, parent);
}

function allows(account: Account, path: string, bits: number): boolean {
  const { mode, uid, gid } = statSync(path);
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
  return ((mode >> shift) & bits) === bits;
}

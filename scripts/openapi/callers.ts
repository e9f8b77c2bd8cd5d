/** Who may call a method, in words for the reader of the API reference. */
import { callerBits } from "../../packages/server/src/transport/callers.ts";
import type { Method } from "../../packages/server/src/transport/methods.ts";

const words: Readonly<Record<keyof typeof callerBits, string>> = {
  CLIENT: "the environment's application",
  USER: "the person who is signing in",
  SESSION: "an end user",
  CUSTOMER_PORTAL: "the admin portal",
  WORKSPACE: "the dashboard",
  ACTIONS_PORTAL: "the connected-account portal",
};

export function callerNames(method: Method): string {
  if (method.isPublic) return "anybody";
  const kinds = Object.entries(callerBits).filter(([, bit]) => (method.callers & bit) !== 0);
  const names = kinds.map(([kind]) => words[kind as keyof typeof callerBits]).join(", ");
  return method.permissions.length > 0
    ? `${names} (an end user with ${method.permissions.join(", ")})`
    : names;
}

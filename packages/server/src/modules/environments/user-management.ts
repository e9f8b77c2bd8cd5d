/** The rules of an environment for users, sign-up and invitations; the modules that let people in read them. */
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import { changeSettings, storedSettings } from "./change-settings.ts";
import { reach } from "./reach.ts";
import { defaultUserManagement, settingsOf, type UserManagement } from "./settings.ts";

export type { UserManagement };

/** @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_CALLER */
export async function get(ctx: Ctx, id: string): Promise<UserManagement> {
  return settingsOf(await storedSettings(await reach(ctx, id))).userManagement;
}

/** Sets all of them; what is absent gets its default. @throws ENVIRONMENT_NOT_FOUND, INVALID_ARGUMENT */
export async function replace(ctx: Ctx, id: string, input: Partial<UserManagement>): Promise<UserManagement> {
  requireKept(input);
  const next = { ...defaultUserManagement, ...input };
  await changeSettings(await reach(ctx, id), "userManagement", () => next);
  return next;
}

/** Changes the given ones. @throws ENVIRONMENT_NOT_FOUND, INVALID_ARGUMENT */
export async function update(ctx: Ctx, id: string, input: Partial<UserManagement>): Promise<UserManagement> {
  requireKept(input);
  const written = await changeSettings(await reach(ctx, id), "userManagement", (_ctx, { stored }) => ({
    ...settingsOf(stored).userManagement,
    ...input,
  }));
  return { ...defaultUserManagement, ...written };
}

/** What nothing would follow is not taken: an address is one user, whatever they sign in by. */
function requireKept({ allowDuplicateUserIdentities }: Partial<UserManagement>): void {
  if (!allowDuplicateUserIdentities) return;
  const field = "user_management.allow_duplicate_user_identities";
  throw invalidArgument(field, "bool.const", "value must be false: in an environment an address is one user");
}

/** The rules of an environment for users, sign-up and invitations; the modules that let people in read them. */
import type { Ctx } from "../../context.ts";
import { changeSettings, storedSettings } from "./change-settings.ts";
import { reach } from "./reach.ts";
import { defaultUserManagement, settingsOf, type UserManagement } from "./settings.ts";

export type { UserManagement };

/** @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_CALLER */
export async function get(ctx: Ctx, id: string): Promise<UserManagement> {
  return settingsOf(await storedSettings(await reach(ctx, id))).userManagement;
}

/** Sets all of them; what is absent gets its default. @throws ENVIRONMENT_NOT_FOUND */
export async function replace(ctx: Ctx, id: string, input: Partial<UserManagement>): Promise<UserManagement> {
  const next = { ...defaultUserManagement, ...input };
  await changeSettings(await reach(ctx, id), "userManagement", () => next);
  return next;
}

/** Changes the given ones. @throws ENVIRONMENT_NOT_FOUND */
export async function update(ctx: Ctx, id: string, input: Partial<UserManagement>): Promise<UserManagement> {
  const written = await changeSettings(await reach(ctx, id), "userManagement", (_ctx, { stored }) => ({
    ...settingsOf(stored).userManagement,
    ...input,
  }));
  return { ...defaultUserManagement, ...written };
}

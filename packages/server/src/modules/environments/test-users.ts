/**
 * The test users of an environment: a few addresses that sign in with a fixed code and get no mail, for automated tests
 * of an app. The code is a credential, so it is sealed.
 */
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import { changeSettings, storedSettings } from "./change-settings.ts";
import { reach } from "./reach.ts";
import type { StoredSettings } from "./settings.ts";

export interface TestUsers {
  enabled: boolean;
  /** Six digits. */
  code: string;
  emails: string[];
}

const defaultCode = "424242";
const mostEmails = 5;
/** One plain address, marked so that no real person's is among them. */
const testAddress = /^[^\s@"]+\+sktest[^\s@"]*@[^\s@"]+\.[^\s@"]+$/;
const longestAddress = 254;

/** @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_CALLER */
export async function get(ctx: Ctx, id: string): Promise<TestUsers> {
  const at = await reach(ctx, id);
  return opened(at, await storedSettings(at));
}

/**
 * Changes what is given; a list of addresses that is not empty replaces the former one.
 * @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_CALLER, INVALID_ARGUMENT
 */
export async function update(ctx: Ctx, id: string, input: Partial<TestUsers>): Promise<TestUsers> {
  const at = await reach(ctx, id);
  const emails = checkedEmails(input.emails ?? []);
  if (input.code !== undefined && !/^[0-9]{6}$/.test(input.code)) {
    const problem = "value must be six digits";
    throw invalidArgument("test_user.static_confirmation_code", "string.pattern", problem);
  }
  const written = await changeSettings(at, "testUser", (ctx, { stored }) => {
    const before = opened(ctx, stored);
    return {
      enabled: input.enabled ?? before.enabled,
      codeSealed: ctx.app.keys.seal(input.code ?? before.code, sealContext(ctx)).toString("base64"),
      emails: emails.length > 0 ? emails : before.emails,
    };
  });
  return opened(at, { testUser: written });
}

function opened(ctx: Ctx, { testUser }: StoredSettings): TestUsers {
  if (!testUser) return { enabled: false, code: defaultCode, emails: [] };
  const sealed = Buffer.from(testUser.codeSealed, "base64");
  const code = ctx.app.keys.open(sealed, sealContext(ctx)).toString("utf8");
  return { enabled: testUser.enabled, code, emails: testUser.emails };
}

/** @throws INVALID_ARGUMENT */
function checkedEmails(input: readonly string[]): string[] {
  const emails = [...new Set(input.map((email) => email.trim().toLowerCase()))];
  const wrong = emails.find((email) => !testAddress.test(email) || email.length > longestAddress);
  if (wrong !== undefined) {
    const problem = `"${wrong.slice(0, 60)}" is no e-mail address with +sktest before the @`;
    throw invalidArgument("test_user.emails", "test_user.sktest", problem);
  }
  if (emails.length <= mostEmails) return emails;
  throw invalidArgument("test_user.emails", "repeated.max_items", `value must have at most ${mostEmails}`);
}

function sealContext({ environmentId }: Ctx): string {
  return `environments.settings.test_user:${environmentId}`;
}

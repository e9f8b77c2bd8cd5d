/** The way of a test sign-in through a connection: there, back, and to the page that shows what arrived. */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import * as tests from "../connections/connection-tests.ts";
import type { Connection } from "../connections/connections.ts";
import { consume, type Identity, type SsoRequest, spendLeg, traceOfLeg } from "../connections/sign-in.ts";
import * as domains from "../domains/domains.ts";
import { beginTrace, note } from "../traces/trace.ts";
import * as traces from "../traces/traces.ts";
import { errorValues, type Step } from "./answer.ts";
import type { Browser, Prove } from "./flow.ts";
import { newFlowSecret, ownFlowSecret } from "./flow-secret.ts";
import { leaveFor } from "./leave.ts";

/** Begins a test. @throws CONNECTION_NOT_FOUND, CONNECTION_INCOMPLETE, and what keeps the browser from leaving */
export async function beginTest(ctx: Ctx, connectionId: string, browser: Browser): Promise<Step> {
  const connection = await tests.testable(ctx, connectionId);
  const flowSecret = ownFlowSecret(ctx, browser) ?? newFlowSecret(ctx);
  const id = await tests.begin(ctx, connection, flowSecret);
  const options = { authRequestId: id, loginHint: "", forceAuthentication: false };
  return { ...(await leaveFor(ctx, connection, options, beginTrace("test", connection))), flowSecret };
}

export function isTest(leg: SsoRequest): boolean {
  return leg.auth_request_id.startsWith("test_");
}

/** Ends a test, and shows how it went. @throws invalid_state */
export async function completeTest(ctx: Ctx, leg: SsoRequest, browser: Browser, prove: Prove): Promise<Step> {
  const { id } = await tests.pending(ctx, leg.auth_request_id, browser.flowSecret);
  const trace = await traceOfLeg(ctx, "test", leg, {});
  try {
    const connection = await tests.testable(ctx, leg.connection_id);
    const proof = await prove(connection, trace);
    await consume(ctx, leg, proof);
    note(trace, "test_passed", ctx.now(), { test: id, ...(await outlook(ctx, connection, proof.identity)) });
    const { id: traceId, url } = await traces.keepTest(ctx, trace);
    await tests.end(ctx, id, { traceId, userInfo: userInfoOf(proof.identity) });
    return { to: "url", url };
  } catch (thrown) {
    await spendLeg(ctx, leg);
    if (!(thrown instanceof AppError))
      ctx.log.error({ err: thrown, test: id }, "a test of a connection failed");
    const { error = "", error_description: description = "" } = errorValues(thrown);
    const kept = await traces.keepFailure(ctx, trace, thrown);
    await tests.end(ctx, id, { traceId: kept?.id, error, description });
    if (!kept) throw thrown;
    return { to: "url", url: kept.url };
  }
}

/** Whether this very user would be let in, and what still stands in the way. */
async function outlook(
  ctx: Ctx,
  connection: Connection,
  { email, emailVerified }: Identity,
): Promise<Record<string, string>> {
  const owner = await domains.ownerOfEmail(ctx, email);
  const hurdles = [
    !emailVerified && "the identity provider says that the address is not verified",
    connection.organization_id !== null &&
      owner !== connection.organization_id &&
      `${email.slice(email.lastIndexOf("@") + 1)} is no verified domain of the organization: add it, or invite the user`,
    !connection.enabled && "the connection is not enabled yet",
  ].filter((hurdle) => hurdle !== false);
  return { still_to_do: hurdles.join("; ") || "nothing: users of this domain can sign in" };
}

function userInfoOf(identity: Identity): Record<string, unknown> {
  const { email, emailVerified, givenName, familyName, name, username, groups, custom, subject } =
    identity as Identity & { username?: string };
  return {
    sub: subject,
    email,
    email_verified: emailVerified,
    given_name: givenName,
    family_name: familyName,
    name,
    preferred_username: username,
    groups,
    ...(Object.keys(custom).length > 0 && { custom_attributes: custom }),
  };
}

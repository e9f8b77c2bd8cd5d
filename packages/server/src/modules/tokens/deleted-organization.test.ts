/** What happens when an organization goes while something is made in it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "../../lib/ids.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ GATEHOUSE_DATABASE_POOL: "12" });
});
afterAll(async () => app.stop());

async function organizationWithMember(): Promise<{ organization: string; user: string }> {
  const { body } = await app.api("/organizations", { body: { display_name: "Short-lived" } });
  const organization = body.organization.id;
  const user = newId("usr");
  const now = app.app.now();
  const times = { created_at: now, updated_at: now };
  const of = { environment_id: app.environmentId };
  await app.app.db
    .insertInto("users")
    .values({ id: user, ...of, email: `${user}@acme.test`, ...times })
    .execute();
  await app.app.db
    .insertInto("memberships")
    .values({
      ...of,
      organization_id: organization,
      user_id: user,
      status: "ACTIVE",
      provisioning_method: "invitation",
      ...times,
    })
    .execute();
  return { organization, user };
}

test("an organization that is deleted while tokens and clients are made in it ends whole, with no error of ours", async () => {
  const token = await app.token();
  for (let round = 0; round < 8; round++) {
    const { organization, user } = await organizationWithMember();
    const make = { organization_id: organization, user_id: user };
    const answers = await Promise.all([
      ...[1, 2, 3].map(() => app.api("/tokens", { body: make, token })),
      ...[1, 2].map(() => app.api(`/organizations/${organization}/clients`, { body: {}, token })),
      app.api(`/organizations/${organization}`, { method: "DELETE", token }),
      app.api("/tokens", { body: make, token }),
      app.api(`/organizations/${organization}/clients`, { body: {}, token }),
    ]);
    expect(
      answers.map(({ status }) => status).filter((status) => ![200, 201, 400, 404].includes(status)),
    ).toEqual([]);
  }
  for (const table of ["clients", "api_tokens"] as const) {
    const rows = await app.app.db
      .selectFrom(table)
      .select("id")
      .where("organization_id", "is not", null)
      .execute();
    expect(rows).toEqual([]);
  }
});

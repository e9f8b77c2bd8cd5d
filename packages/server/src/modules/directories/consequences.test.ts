/** What directories do to users, memberships and roles in an environment that keeps users. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import {
  addPeople,
  changePerson,
  createDirectory,
  createTenant,
  member as memberOf,
  memberships as membershipsOf,
  personOf,
  removePerson,
  type TestDirectory,
} from "../../testing/directories.ts";
import { eventTypesSince, lastEventId } from "../../testing/scenarios.ts";
import { createSamlTenant, samlSignIn } from "../../testing/sign-in.ts";
import { takeInWaiting } from "./waiting.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

const tenant = () => createTenant(app);
const member = (at: TestDirectory, email: string) => memberOf(app, at, email);
const memberships = (email: string) => membershipsOf(app, email);
const userEvents = (name: string) => `organization.directory.user_${name}`;
const membershipEvents = (name: string) => `user.organization_membership_${name}`;

describe("a person who is created", () => {
  test("becomes a user with an active membership and the default role", async () => {
    const acme = await tenant();
    const since = await lastEventId(app);
    const document = personOf(acme.address("ada"), {
      displayName: "Ada King",
      locale: "en-GB",
      phoneNumbers: [{ value: "+44 1", type: "work" }],
    });
    await addPeople(app, acme, [document]);
    expect(await eventTypesSince(app, since)).toEqual([userEvents("created"), membershipEvents("created")]);
    const found = await member(acme, acme.address("ada"));
    expect(found).toMatchObject({ status: "ACTIVE", method: "direct_provision", roles: ["member"] });
    const { body } = await app.api(`/users/${found?.id}`);
    expect(body.user).toMatchObject({
      email: acme.address("ada"),
      user_profile: {
        name: "Ada King",
        given_name: "ada",
        locale: "en-GB",
        phone_number: "+44 1",
        email_verified: true,
      },
    });
    const listed = await app.api(`/organizations/${acme.organizationId}/users`);
    expect(listed.body.total_size).toBe(1);
  });

  test.each([
    ["of another domain", "ada@elsewhere.example"],
    ["of a part of the domain", "ada@sub.{domain}"],
    ["of a domain that ends alike", "ada@x{domain}"],
    ["of two addresses in one", "ada@elsewhere.example@{domain}"],
    ["with a full stop that only looks like one", "ada@tenant。example"],
    ["without an address", "ada"],
  ])("stays out %s", async (_name, address) => {
    const acme = await tenant();
    const email = address.replace("{domain}", acme.domain);
    const since = await lastEventId(app);
    await addPeople(app, acme, [personOf(email)]);
    expect(await eventTypesSince(app, since)).toEqual([userEvents("created")]);
    const { body } = await app.api(`/organizations/${acme.organizationId}/users`);
    expect(body.total_size).toBe(0);
  });

  test("counts under whatever letters the address is written in", async () => {
    const acme = await tenant();
    await addPeople(app, acme, [personOf(`ADA@${acme.domain.toUpperCase()}`)]);
    expect(await member(acme, acme.address("ada"))).toMatchObject({ status: "ACTIVE" });
  });

  test("stays out while the organization has only claimed the domain", async () => {
    const { body } = await app.api("/organizations", { body: { display_name: "claims" } });
    const claims = await createDirectory(app, body.organization.id);
    const now = app.app.now();
    await app.app.db
      .insertInto("domains")
      .values({
        id: "dom_100000000000000042",
        environment_id: app.environmentId,
        organization_id: claims.organizationId,
        domain: "claimed.example",
        type: "ORGANIZATION_DOMAIN",
        verification_method: "DNS",
        verification_status: "PENDING",
        created_at: now,
        updated_at: now,
      })
      .execute();
    await addPeople(app, claims, [personOf("ada@claimed.example")]);
    expect(await memberships("ada@claimed.example")).toEqual([]);
    await app.api(`/organizations/${claims.organizationId}/domains`, {
      body: { domain: "allowed.example", domain_type: "ALLOWED_EMAIL_DOMAIN" },
    });
    await addPeople(app, claims, [personOf("ada@allowed.example")]);
    expect(await memberships("ada@allowed.example")).toEqual([]);
  });

  test("who is inactive becomes no user, and takes access from the member they name", async () => {
    const acme = await tenant();
    await app.api(`/organizations/${acme.organizationId}/users?send_invitation_email=false`, {
      body: { email: acme.address("old") },
    });
    await addPeople(app, acme, [
      personOf(acme.address("old"), { active: false }),
      personOf(acme.address("new"), { active: false }),
    ]);
    expect(await member(acme, acme.address("old"))).toMatchObject({ status: "INACTIVE" });
    expect(await memberships(acme.address("new"))).toEqual([]);
  });
});

describe("a person whose address is known", () => {
  test("gets a membership beside the one that they have elsewhere", async () => {
    const [acme, other] = [await tenant(), await tenant()];
    const email = acme.address("ada");
    await app.api(`/organizations/${other.organizationId}/users?send_invitation_email=false`, {
      body: { email },
    });
    await addPeople(app, acme, [personOf(email)]);
    const rows = await memberships(email);
    expect(rows.map(({ organization_id, status }) => [organization_id, status])).toEqual(
      [
        [acme.organizationId, "ACTIVE"],
        [other.organizationId, "ACTIVE"],
      ].sort(),
    );
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1);
  });

  test("keeps the roles that they hold", async () => {
    const acme = await tenant();
    const email = acme.address("boss");
    await app.api(`/organizations/${acme.organizationId}/users?send_invitation_email=false`, {
      body: { email, membership: { roles: [{ name: "admin" }] } },
    });
    await addPeople(app, acme, [personOf(email)]);
    expect(await member(acme, email)).toMatchObject({ status: "ACTIVE", roles: ["admin"] });
  });

  test("who was invited has thereby come", async () => {
    const acme = await tenant();
    const email = acme.address("guest");
    await app.api(`/organizations/${acme.organizationId}/users?send_invitation_email=true`, {
      body: { email },
    });
    expect(await member(acme, email)).toMatchObject({ status: "PENDING_INVITE" });
    const since = await lastEventId(app);
    await addPeople(app, acme, [personOf(email)]);
    expect(await member(acme, email)).toMatchObject({ status: "ACTIVE" });
    expect(await eventTypesSince(app, since)).toContain(membershipEvents("created"));
  });

  test("and was not proven loses whoever waited there", async () => {
    const acme = await tenant();
    const email = acme.address("squatted");
    const now = app.app.now();
    const id = "usr_100000000000000042";
    await app.app.db
      .insertInto("users")
      .values({ id, environment_id: app.environmentId, email, created_at: now, updated_at: now })
      .execute();
    const { body } = await app.api("/connections", { body: { provider: "GITHUB", type: "OAUTH" } });
    await app.app.db
      .insertInto("external_identities")
      .values({
        environment_id: app.environmentId,
        connection_id: body.connection.id,
        subject: "squatter",
        user_id: id,
        created_at: now,
        last_login_at: now,
      })
      .execute();
    await addPeople(app, acme, [personOf(email)]);
    const left = await app.app.db
      .selectFrom("external_identities")
      .select("subject")
      .where("user_id", "=", id)
      .execute();
    expect(left).toEqual([]);
    expect(await memberships(email)).toMatchObject([{ id, email_verified: true, status: "ACTIVE" }]);
  });
});

describe("an attacker's directory", () => {
  test("reaches nobody of another organization's domain", async () => {
    const [victim, attacker] = [await tenant(), await tenant()];
    const email = victim.address("ceo");
    await addPeople(app, victim, [personOf(email, { displayName: "The CEO" })]);
    const before = await memberships(email);
    const [taken = ""] = await addPeople(app, attacker, [
      personOf(email, {
        displayName: "Mallory",
        externalId: before[0]?.id,
        id: before[0]?.id,
        roles: [{ value: "admin" }],
      }),
    ]);
    await changePerson(app, attacker, taken, personOf(email, { active: false }));
    await changePerson(app, attacker, taken, personOf(email));
    await removePerson(app, attacker, taken);
    expect(await memberships(email)).toEqual(before);
    expect(await member(victim, email)).toMatchObject({ status: "ACTIVE", roles: ["member"] });
    const { body } = await app.api(`/users/${before[0]?.id}`);
    expect(body.user.user_profile.name).toBe("The CEO");
  });

  test("does not get at somebody by changing an address afterwards", async () => {
    const [victim, attacker] = [await tenant(), await tenant()];
    const email = victim.address("ceo");
    await addPeople(app, victim, [personOf(email, { displayName: "The CEO" })]);
    const own = attacker.address("mallory");
    const [id = ""] = await addPeople(app, attacker, [personOf(own)]);
    await changePerson(app, attacker, id, personOf(email, { displayName: "Mallory" }));
    expect(await member(attacker, email)).toBeUndefined();
    expect(await member(attacker, own)).toMatchObject({ status: "ACTIVE" });
    await changePerson(app, attacker, id, personOf(email, { active: false }));
    expect(await member(victim, email)).toMatchObject({ status: "ACTIVE" });
    expect(await member(attacker, own)).toMatchObject({ status: "INACTIVE" });
  });

  test("gives no role that its document names, and none to members of the workspace", async () => {
    const acme = await tenant();
    const email = acme.address("owner");
    await app.api("/members", { body: { email } });
    const read = () => app.app.db.selectFrom("members").selectAll().where("email", "=", email).execute();
    const before = await read();
    await addPeople(app, acme, [
      personOf(email, { roles: [{ value: "admin" }], groups: [{ value: "admins" }] }),
    ]);
    expect(await member(acme, email)).toMatchObject({ roles: ["member"] });
    expect(await read()).toEqual(before);
  });
});

describe("a change of a person", () => {
  test("changes the user, and not their login address", async () => {
    const acme = await tenant();
    const email = acme.address("ada");
    const [id = ""] = await addPeople(app, acme, [personOf(email)]);
    await changePerson(app, acme, id, personOf(acme.address("countess"), { displayName: "Countess" }));
    expect(await member(acme, acme.address("countess"))).toBeUndefined();
    const found = await member(acme, email);
    const { body } = await app.api(`/users/${found?.id}`);
    expect(body.user).toMatchObject({ email, user_profile: { name: "Countess" } });
    expect(app.logged.map(({ msg }) => msg)).toContain(
      "a directory has another address for a user, whose login address stays",
    );
  });

  test("lets those follow who waited for a domain", async () => {
    const acme = await tenant();
    const [id = ""] = await addPeople(app, acme, [personOf("ada@second.example")]);
    await app.api(`/organizations/${acme.organizationId}/domains`, { body: { domain: "second.example" } });
    await changePerson(app, acme, id, personOf("ada@second.example", { title: "Dr" }));
    expect(await member(acme, "ada@second.example")).toMatchObject({ status: "ACTIVE" });
  });

  test("is not needed when the domain is verified later: a job lets them follow", async () => {
    const acme = await tenant();
    const names = ["ada@third.example", "bob@third.example", "contractor@elsewhere.example"];
    await addPeople(
      app,
      acme,
      names.map((name) => personOf(name)),
    );
    await app.api(`/organizations/${acme.organizationId}/domains`, { body: { domain: "third.example" } });
    expect(await member(acme, "ada@third.example")).toBeUndefined();
    const later = () => new Date(app.app.now().getTime() + 60_000);
    await takeInWaiting(app.systemCtx(), later());
    for (const name of names.slice(0, 2))
      expect(await member(acme, name)).toMatchObject({ status: "ACTIVE" });
    expect(await memberships("contractor@elsewhere.example")).toEqual([]);
    const since = await lastEventId(app);
    await takeInWaiting(app.systemCtx(), later());
    expect(await eventTypesSince(app, since)).toEqual([]);
  });

  test("is no reason to undo what the API changed", async () => {
    const acme = await tenant();
    const email = acme.address("ada");
    const [id = ""] = await addPeople(app, acme, [personOf(email)]);
    const { id: userId } = (await member(acme, email)) ?? {};
    await app.api(`/memberships/organizations/${acme.organizationId}/users/${userId}`, {
      method: "PATCH",
      body: { roles: [{ name: "admin" }] },
    });
    await changePerson(app, acme, id, personOf(email, { title: "Dr" }));
    expect(await member(acme, email)).toMatchObject({ roles: ["admin"] });
  });
});

describe("deactivation", () => {
  test("ends access at once, sessions too, and activation gives it back", async () => {
    const saml = await createSamlTenant(app);
    const acme = await createDirectory(app, saml.organizationId);
    const { answer } = await samlSignIn(app, saml);
    expect(answer.get("code")).toBeTruthy();
    const user = await app.app.db
      .selectFrom("sessions")
      .innerJoin("users", "users.id", "sessions.user_id")
      .select(["users.id", "users.email", "sessions.id as session"])
      .where("sessions.organization_id", "=", saml.organizationId)
      .executeTakeFirstOrThrow();
    const [id = ""] = await addPeople(app, acme, [personOf(user.email)]);
    const since = await lastEventId(app);
    await changePerson(app, acme, id, personOf(user.email, { active: false }));
    expect(await eventTypesSince(app, since)).toEqual([
      userEvents("updated"),
      userEvents("deleted"),
      membershipEvents("updated"),
      "user.organization_memberships_deactivated",
      "user.logout",
    ]);
    const session = await app.app.db
      .selectFrom("sessions")
      .select("status")
      .where("id", "=", user.session)
      .executeTakeFirst();
    expect(session?.status).toBe("revoked");
    const grants = await app.app.db
      .selectFrom("grants")
      .select("ended_at")
      .where("session_id", "=", user.session)
      .execute();
    expect(grants.every(({ ended_at }) => ended_at !== null)).toBe(true);
    const again = await samlSignIn(app, saml);
    expect(again.answer.get("error")).toBe("user_not_active");
    expect(await member(acme, user.email)).toMatchObject({ status: "INACTIVE" });
    const before = await lastEventId(app);
    await changePerson(app, acme, id, personOf(user.email));
    expect(await eventTypesSince(app, before)).toEqual([userEvents("created"), membershipEvents("updated")]);
    expect((await samlSignIn(app, saml)).answer.get("code")).toBeTruthy();
  });

  test("by removal keeps the user", async () => {
    const acme = await tenant();
    const email = acme.address("ada");
    const [id = ""] = await addPeople(app, acme, [personOf(email)]);
    const since = await lastEventId(app);
    await removePerson(app, acme, id);
    expect(await eventTypesSince(app, since)).toEqual([
      userEvents("deleted"),
      membershipEvents("updated"),
      "user.organization_memberships_deactivated",
    ]);
    expect(await member(acme, email)).toMatchObject({ status: "INACTIVE" });
    await addPeople(app, acme, [personOf(email)]);
    expect(await member(acme, email)).toMatchObject({ status: "ACTIVE" });
  });

  test("waits until no other enabled directory of the organization holds the person", async () => {
    const acme = await tenant();
    const second = await createDirectory(app, acme.organizationId);
    const email = acme.address("ada");
    const [one = ""] = await addPeople(app, acme, [personOf(email)]);
    const [two = ""] = await addPeople(app, second, [personOf(email)]);
    await changePerson(app, acme, one, personOf(email, { active: false }));
    expect(await member(acme, email)).toMatchObject({ status: "ACTIVE" });
    await removePerson(app, second, two);
    expect(await member(acme, email)).toMatchObject({ status: "INACTIVE" });
  });

  test("is not stayed by a directory that is disabled", async () => {
    const acme = await tenant();
    const second = await createDirectory(app, acme.organizationId);
    const email = acme.address("ada");
    const [one = ""] = await addPeople(app, acme, [personOf(email)]);
    await addPeople(app, second, [personOf(email)]);
    await app.api(`${second.path}:disable`, { method: "PATCH" });
    await changePerson(app, acme, one, personOf(email, { active: false }));
    expect(await member(acme, email)).toMatchObject({ status: "INACTIVE" });
  });
});

describe("the limit of users", () => {
  test("keeps newcomers out, and those who wait waiting", async () => {
    const acme = await tenant();
    await addPeople(app, acme, [personOf(acme.address("one"))]);
    const [waiting = ""] = await addPeople(app, acme, [personOf("two@later.example")]);
    await app.api(`/organizations/${acme.organizationId}/settings/usermanagement`, {
      method: "PATCH",
      body: { settings: { max_allowed_users: 1 } },
    });
    await expect(addPeople(app, acme, [personOf(acme.address("three"))])).rejects.toMatchObject({
      code: "USER_LIMIT_REACHED",
    });
    expect(await memberships(acme.address("three"))).toEqual([]);
    await app.api(`/organizations/${acme.organizationId}/domains`, { body: { domain: "later.example" } });
    await changePerson(app, acme, waiting, personOf("two@later.example", { title: "Dr" }));
    expect(await memberships("two@later.example")).toEqual([]);
  });

  test("lets in as many of those who come at once as there are seats", async () => {
    const acme = await tenant();
    await app.api(`/organizations/${acme.organizationId}/settings/usermanagement`, {
      method: "PATCH",
      body: { settings: { max_allowed_users: 5 } },
    });
    const names = Array.from({ length: 12 }, (_, at) => acme.address(`person-${at}`));
    const added = await Promise.allSettled(names.map((name) => addPeople(app, acme, [personOf(name)])));
    const refused = added.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(7);
    expect(refused).toMatchObject(refused.map(() => ({ reason: { code: "USER_LIMIT_REACHED" } })));
    const { body } = await app.api(`/organizations/${acme.organizationId}/users?page_size=20`);
    expect(body.total_size).toBe(5);
    expect(body.users).toHaveLength(5);
  });
});

test("an environment that keeps no users gets events and nothing else", async () => {
  const acme = await tenant();
  const { status } = await app.api("/features/fsa/disable", { method: "POST", body: {} });
  expect(status).toBe(200);
  const since = await lastEventId(app);
  const [id = ""] = await addPeople(app, acme, [personOf(acme.address("ada"))]);
  await changePerson(app, acme, id, personOf(acme.address("ada"), { active: false }));
  expect(await eventTypesSince(app, since)).toEqual([
    userEvents("created"),
    userEvents("updated"),
    userEvents("deleted"),
  ]);
  expect(await memberships(acme.address("ada"))).toEqual([]);
  await app.api("/features/fsa/enable", { method: "POST", body: { id: app.environmentId } });
});

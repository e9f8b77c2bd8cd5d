/** The roles that the groups of directories give. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import {
  addGroup,
  addPeople,
  assignRoles,
  createDirectory,
  createTenant,
  member as memberOf,
  personOf,
  removeGroup,
  removePerson,
  setMembers,
  type TestDirectory,
} from "../../testing/directories.ts";
import { eventTypesSince, lastEventId } from "../../testing/scenarios.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

const tenant = () => createTenant(app);
const member = (at: TestDirectory, email: string) => memberOf(app, at, email);
const assign = (at: TestDirectory, ...pairs: [group: string, role: string][]) =>
  assignRoles(app, at, ...pairs);
const userEvents = (name: string) => `organization.directory.user_${name}`;
const membershipEvents = (name: string) => `user.organization_membership_${name}`;

test("come from all groups, go with them, and the default fills the void", async () => {
  const acme = await tenant();
  const email = acme.address("ada");
  const people = await addPeople(app, acme, [personOf(email)]);
  const admins = await addGroup(app, acme, "Admins");
  const staff = await addGroup(app, acme, "Staff");
  await app.api(`/organizations/${acme.organizationId}/roles`, {
    body: { name: "editor", display_name: "E" },
  });
  await assign(acme, [admins, "admin"], [staff, "editor"]);
  const since = await lastEventId(app);
  await setMembers(app, acme, admins, people);
  expect(await eventTypesSince(app, since)).toEqual([
    "organization.directory.group_updated",
    userEvents("updated"),
    membershipEvents("updated"),
  ]);
  expect(await member(acme, email)).toMatchObject({ roles: ["admin"] });
  await setMembers(app, acme, staff, people);
  expect(await member(acme, email)).toMatchObject({ roles: ["admin", "editor"] });
  await removeGroup(app, acme, admins);
  expect(await member(acme, email)).toMatchObject({ roles: ["editor"] });
  await assign(acme);
  expect(await member(acme, email)).toMatchObject({ roles: ["member"] });
});

test("are worked out again when the assignments change", async () => {
  const acme = await tenant();
  const [ada, bob] = [acme.address("ada"), acme.address("bob")];
  const [one = ""] = await addPeople(app, acme, [personOf(ada), personOf(bob)]);
  const group = await addGroup(app, acme, "Admins", [one]);
  const since = await lastEventId(app);
  await assign(acme, [group, "admin"]);
  expect(await eventTypesSince(app, since)).toEqual([
    "gatehouse.directory.updated",
    userEvents("updated"),
    membershipEvents("updated"),
  ]);
  expect(await member(acme, ada)).toMatchObject({ roles: ["admin"] });
  expect(await member(acme, bob)).toMatchObject({ roles: ["member"] });
});

test("that somebody was given by hand stay beside those of groups", async () => {
  const acme = await tenant();
  const email = acme.address("ada");
  const people = await addPeople(app, acme, [personOf(email)]);
  await app.api(`/organizations/${acme.organizationId}/roles`, {
    body: { name: "editor", display_name: "E" },
  });
  const { id = "" } = (await member(acme, email)) ?? {};
  await app.api(`/organizations/${acme.organizationId}/users/${id}/roles`, {
    body: [{ role_name: "editor" }],
  });
  const group = await addGroup(app, acme, "Admins", people);
  await assign(acme, [group, "admin"]);
  expect(await member(acme, email)).toMatchObject({ roles: ["admin", "editor"] });
  await setMembers(app, acme, group, []);
  expect(await member(acme, email)).toMatchObject({ roles: ["editor"] });
});

test("of the person's groups in two directories add up", async () => {
  const acme = await tenant();
  const second = await createDirectory(app, acme.organizationId);
  const email = acme.address("ada");
  const [one = ""] = await addPeople(app, acme, [personOf(email)]);
  const [two = ""] = await addPeople(app, second, [personOf(email)]);
  const [here, there] = [await addGroup(app, acme, "A", [one]), await addGroup(app, second, "B", [two])];
  await assign(acme, [here, "admin"]);
  await assign(second, [there, "member"]);
  expect(await member(acme, email)).toMatchObject({ roles: ["admin", "member"] });
  await removePerson(app, second, two);
  expect(await member(acme, email)).toMatchObject({ status: "ACTIVE", roles: ["admin"] });
});

test("of a deleted role are its successor's, also when the person leaves the group", async () => {
  const acme = await tenant();
  const email = acme.address("ada");
  const people = await addPeople(app, acme, [personOf(email)]);
  for (const name of ["former", "latter"]) await app.api("/roles", { body: { name, display_name: name } });
  const group = await addGroup(app, acme, "Group", people);
  await assign(acme, [group, "former"]);
  expect(await member(acme, email)).toMatchObject({ roles: ["former"] });
  await app.api("/roles/former?reassign_role_name=latter", { method: "DELETE" });
  expect(await member(acme, email)).toMatchObject({ roles: ["latter"] });
  const { directory } = (await app.api(acme.path)).body;
  expect(directory.role_assignments.assignments).toMatchObject([{ role_name: "latter" }]);
  await setMembers(app, acme, group, []);
  expect(await member(acme, email)).toMatchObject({ roles: ["member"] });
});

/** A person who was given the organization's default role "starter"; there is "beginner" beside it. */
async function starter() {
  const acme = await tenant();
  const path = `/organizations/${acme.organizationId}/roles`;
  for (const name of ["starter", "beginner"]) await app.api(path, { body: { name, display_name: name } });
  await app.api(`${path}:set_defaults`, { method: "PATCH", body: { default_member_role: "starter" } });
  const email = acme.address("ada");
  const people = await addPeople(app, acme, [personOf(email)]);
  return { acme, path, email, people };
}

test("of a deleted default are its successor's, and give way to those of groups like it", async () => {
  const { acme, path, email, people } = await starter();
  expect(await member(acme, email)).toMatchObject({ roles: ["starter"] });
  await app.api(`${path}/starter?reassign_role_name=beginner`, { method: "DELETE" });
  expect(await member(acme, email)).toMatchObject({ roles: ["beginner"] });
  const group = await addGroup(app, acme, "Admins", people);
  await assign(acme, [group, "admin"]);
  expect(await member(acme, email)).toMatchObject({ roles: ["admin"] });
});

test("of a deleted default leave alone what its successor was given by hand", async () => {
  const { acme, path, email, people } = await starter();
  const { id = "" } = (await member(acme, email)) ?? {};
  await app.api(`/organizations/${acme.organizationId}/users/${id}/roles`, {
    body: [{ role_name: "beginner" }],
  });
  expect(await member(acme, email)).toMatchObject({ roles: ["beginner", "starter"] });
  await app.api(`${path}/starter?reassign_role_name=beginner`, { method: "DELETE" });
  const group = await addGroup(app, acme, "Admins", people);
  await assign(acme, [group, "admin"]);
  expect(await member(acme, email)).toMatchObject({ roles: ["admin", "beginner"] });
});

test("of a deleted default of the environment are its successor's, and give way like it", async () => {
  const acme = await tenant();
  await app.api("/roles", { body: { name: "heir", display_name: "Heir" } });
  const email = acme.address("ada");
  const people = await addPeople(app, acme, [personOf(email)]);
  expect(await member(acme, email)).toMatchObject({ roles: ["member"] });
  await app.api("/roles/member?reassign_role_name=heir", { method: "DELETE" });
  expect(await member(acme, email)).toMatchObject({ roles: ["heir"] });
  const group = await addGroup(app, acme, "Admins", people);
  await assign(acme, [group, "admin"]);
  expect(await member(acme, email)).toMatchObject({ roles: ["admin"] });
});

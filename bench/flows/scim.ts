/**
 * What an identity provider sends to a SCIM directory: a person, a question for one, a group, a member more.
 */
import { type Answer, type Connection, requestText } from "../lib/http-client.ts";

/** Where a directory is reached. */
export type ScimTarget = {
  /** The Host header. */
  host: string;
  /** The path before `/Users`. */
  base: string;
  secret: string;
};

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** POST /Users, with what Okta sends. @returns the id */
export async function createPerson(
  connection: Connection,
  target: ScimTarget,
  userName: string,
): Promise<string> {
  const scim = {
    schemas: [USER],
    userName,
    name: { givenName: "Ada", familyName: "King" },
    emails: [{ primary: true, value: userName, type: "work" }],
    displayName: "Ada King",
    locale: "en-US",
    externalId: `00u-${userName}`,
    groups: [],
    active: true,
  };
  return idOf(await send(connection, target, "POST", "/Users", [201], scim));
}

/** GET /Users by user name, which must be there. */
export async function findPerson(
  connection: Connection,
  target: ScimTarget,
  userName: string,
): Promise<void> {
  const filter = encodeURIComponent(`userName eq "${userName}"`);
  const answer = await send(
    connection,
    target,
    "GET",
    `/Users?filter=${filter}&startIndex=1&count=100`,
    [200],
  );
  const found = JSON.parse(answer.body) as { totalResults: number; Resources: { userName: string }[] };
  if (found.totalResults !== 1 || found.Resources[0]?.userName !== userName)
    throw new Error(`${userName} was not found: ${answer.body.slice(0, 300)}`);
}

/** POST /Groups. @param members ids of people; @returns the id */
export async function createGroup(
  connection: Connection,
  target: ScimTarget,
  displayName: string,
  members: readonly string[],
): Promise<string> {
  const scim = { schemas: [GROUP], displayName, members: members.map((value) => ({ value })) };
  return idOf(await send(connection, target, "POST", "/Groups", [201], scim));
}

/** PATCH of a group that adds members, as Okta and Entra send it. Small groups answer with themselves. */
export async function addMembers(
  connection: Connection,
  target: ScimTarget,
  group: string,
  members: readonly string[],
): Promise<void> {
  const value = members.map((member) => ({ value: member }));
  const scim = { schemas: [PATCH], Operations: [{ op: "add", path: "members", value }] };
  await send(connection, target, "PATCH", `/Groups/${group}`, [200, 204], scim);
}

async function send(
  connection: Connection,
  { host, base, secret }: ScimTarget,
  method: "GET" | "POST" | "PATCH",
  path: string,
  success: readonly number[],
  scim?: object,
): Promise<Answer> {
  const request = requestText(method, host, base + path, { bearer: secret, ...(scim && { scim }) });
  const answer = await connection.send(request);
  if (!success.includes(answer.status))
    throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body.slice(0, 300)}`);
  return answer;
}

function idOf(answer: Answer): string {
  return (JSON.parse(answer.body) as { id: string }).id;
}

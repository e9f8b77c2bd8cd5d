/** The making of a user as a member of an organization, over REST. */
import { type Connection, requestText } from "../lib/http-client.ts";

/**
 * POST of a user with another address each time, into a worker's own organization; expects 201 with an id.
 * @param pathOf where a worker's users are made
 */
export function createUser(
  target: { host: string; bearer?: string },
  pathOf: (worker: number) => string,
): (connection: Connection, worker: number) => Promise<void> {
  const bearer = target.bearer ? { bearer: target.bearer } : {};
  let made = 0;
  return async (connection, worker) => {
    made += 1;
    const user = {
      email: `user-${Date.now()}-${made}@example.com`,
      user_profile: { given_name: "Ada", family_name: "Lovelace" },
    };
    const path = pathOf(worker);
    const answer = await connection.send(requestText("POST", target.host, path, { ...bearer, json: user }));
    if (answer.status !== 201 || !answer.body.includes('"usr_')) {
      throw new Error(`${path} answered ${answer.status}: ${answer.body.slice(0, 300)}`);
    }
  };
}

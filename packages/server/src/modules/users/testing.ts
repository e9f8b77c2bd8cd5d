/** What the tests of users and memberships ask of a server again and again. */
import type { ApiAnswer, TestApp } from "../../testing/app.ts";

let made = 0;

/** A name that no other test has used. */
export function unique(prefix: string): string {
  return `${prefix}-${++made}`;
}

/** The management API of users, as the environment's application calls it. */
export function usersOf(app: () => TestApp) {
  const membership = (
    method: string,
    organizationId: string,
    userId: string,
    options: { body?: object; query?: string } = {},
  ): Promise<ApiAnswer> => {
    const path = `/memberships/organizations/${organizationId}/users/${userId}${options.query ?? ""}`;
    return app().api(path, { method, ...(options.body && { body: options.body }) });
  };
  return {
    membership,

    /** Makes somebody a member at once. */
    join: (organizationId: string, userId: string) =>
      membership("POST", organizationId, userId, { body: {}, query: "?send_invitation_email=false" }),

    roles(
      method: string,
      organizationId: string,
      userId: string,
      rest: { name?: string; body?: object } = {},
    ) {
      const path = `/organizations/${organizationId}/users/${userId}/roles${rest.name ? `/${rest.name}` : ""}`;
      return app().api(path, { method, ...(rest.body && { body: rest.body }) });
    },

    resend(organizationId: string, userId: string): Promise<ApiAnswer> {
      const path = `/invites/organizations/${organizationId}/users/${userId}/resend`;
      return app().api(path, { method: "PATCH", body: {} });
    },

    async createOrganization(): Promise<string> {
      const { body } = await app().api("/organizations", { body: { display_name: unique("Organization") } });
      return body.organization.id;
    },

    /** An active member. */
    async createUser(organizationId: string, fields: object = {}): Promise<{ id: string; email: string }> {
      const path = `/organizations/${organizationId}/users?send_invitation_email=false`;
      return (await app().api(path, { body: { email: `${unique("member")}@example.com`, ...fields } })).body
        .user;
    },

    async totals(organizationId: string): Promise<{ all: number; members: number }> {
      return {
        all: (await app().api("/users")).body.total_size,
        members: (await app().api(`/organizations/${organizationId}/users`)).body.total_size,
      };
    },

    /** The types of the events about a user, in order. */
    async eventsOf(userId: string): Promise<string[]> {
      const rows = await app().app.db.selectFrom("events").selectAll().orderBy("id").execute();
      return rows
        .filter((row) => (row.payload as { user?: { id: string } }).user?.id === userId)
        .map((row) => row.type);
    },
  };
}

/** What an answer shows of the user's place in an organization. */
export function placeIn(answer: ApiAnswer, organizationId: string): Record<string, unknown> | undefined {
  const places: { organization_id: string }[] = answer.body.user.memberships;
  return places.find((each) => each.organization_id === organizationId);
}

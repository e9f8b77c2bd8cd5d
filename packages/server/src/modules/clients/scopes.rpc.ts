/** The methods of ClientService that concern scopes. */
import type { ClientService } from "@gatehouse/contract/scalekit/v1/clients/clients_pb";
import type { Handlers } from "../../transport/service.ts";
import * as scopes from "./scopes.ts";

export const scopeMethods = {
  async createScope(ctx, { envId, scope }) {
    const { name = "", description = "" } = scope ?? {};
    return { scope: toScope(await scopes.create(ctx, envId, { name, description })) };
  },

  async listScopes(ctx, { envId }) {
    return { scopes: (await scopes.list(ctx, envId)).map(toScope) };
  },

  async updateScope(ctx, { id, scope }) {
    const updated = await scopes.update(ctx, id, {
      // A plain field cannot say that it was not sent.
      ...(scope?.description && { description: scope.description }),
      ...(scope?.enabled !== undefined && { enabled: scope.enabled }),
    });
    return { scope: toScope(updated) };
  },

  async deleteScope(ctx, { id }) {
    await scopes.delete(ctx, id);
    return {};
  },
} satisfies Handlers<typeof ClientService>;

function toScope({ id, name, description, enabled }: scopes.Scope) {
  return { id, name, description, enabled };
}

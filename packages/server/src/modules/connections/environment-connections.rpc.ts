/** The methods of ConnectionService that concern connections of the environment. */
import {
  ConnectionType,
  type CreateEnvironmentConnectionRequest,
  type DeleteEnvironmentConnectionRequest,
  type GetEnvironmentConnectionRequest,
  type ToggleEnvironmentConnectionRequest,
  type UpdateEnvironmentConnectionRequest,
} from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import type { Ctx } from "../../context.ts";
import * as connections from "./connections.ts";
import { checkOAuth } from "./environment-settings.ts";
import { connectionErrors as errors } from "./errors.ts";
import { providerNamed, toConnection, toSwitched } from "./messages.rpc.ts";
import { patchOf } from "./patch.rpc.ts";

export const environmentConnections = {
  async createEnvironmentConnection(ctx: Ctx, { connection, flags }: CreateEnvironmentConnectionRequest) {
    if (flags?.isApp) throw errors.CONNECTION_SETTING_UNSUPPORTED("flags.is_app");
    const type = typeOf(connection?.type ?? ConnectionType.INVALID);
    const provider = providerNamed(connection?.provider ?? 0, connection?.providerKey ?? "");
    if (type === "OAUTH") checkOAuth(provider, {});
    const providerKey = connection?.providerKey || provider;
    const keyId = connection?.keyId ?? providerKey;
    const created = await connections.create(ctx, null, { type, provider, providerKey, keyId });
    return { connection: await toConnection(ctx, created) };
  },

  /** Also answers for a connection of an organization: the caller may see all of them. */
  async getEnvironmentConnection(ctx: Ctx, { connectionId }: GetEnvironmentConnectionRequest) {
    return { connection: await toConnection(ctx, await connections.get(ctx, connectionId)) };
  },

  async updateEnvironmentConnection(
    ctx: Ctx,
    { connectionId, connection }: UpdateEnvironmentConnectionRequest,
  ) {
    const patch = connection ? patchOf(connection) : { type: undefined };
    return { connection: await toConnection(ctx, await connections.update(ctx, connectionId, patch, null)) };
  },

  async deleteEnvironmentConnection(ctx: Ctx, { connectionId }: DeleteEnvironmentConnectionRequest) {
    await connections.delete(ctx, connectionId, null);
    return {};
  },

  async enableEnvironmentConnection(ctx: Ctx, { connectionId }: ToggleEnvironmentConnectionRequest) {
    return toSwitched(await connections.enable(ctx, connectionId, null));
  },

  async disableEnvironmentConnection(ctx: Ctx, { connectionId }: ToggleEnvironmentConnectionRequest) {
    return toSwitched(await connections.disable(ctx, connectionId, null));
  },
};

const types = { OAUTH: "OAUTH", PASSWORDLESS: "PASSWORDLESS", WEBAUTHN: "WEBAUTHN" } as const;

function typeOf(type: ConnectionType): connections.ConnectionType {
  const name = ConnectionType[type] ?? "unknown";
  if (Object.hasOwn(types, name)) return types[name as keyof typeof types];
  throw errors.CONNECTION_TYPE_UNSUPPORTED(name, "the environment", "OAUTH, PASSWORDLESS or WEBAUTHN");
}

/** The doors of EnvironmentService and of what Gatehouse adds to it. */
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { EnvironmentService as GatehouseEnvironmentService } from "@gatehouse/contract/gatehouse/v1/environments/environments_pb";
import { EnvironmentService } from "@gatehouse/contract/scalekit/v1/environments/environments_pb";
import { inEnvironment } from "../../context.ts";
import { serve } from "../../transport/service.ts";
import { createFirstSecret } from "../clients/first-secret.ts";
import { current as currentSession } from "../sessions/user-sessions.ts";
import * as environments from "./environments.ts";
import { environmentErrors } from "./errors.ts";
import { installMethods } from "./install.rpc.ts";
import * as samlCertificates from "./saml-certificates.ts";
import { settingMethods } from "./settings.rpc.ts";

export const environmentService = serve(EnvironmentService, {
  ...installMethods,
  ...settingMethods,

  async generateNewSamlCertificate(ctx, { id }) {
    const made = await samlCertificates.generate(ctx, id);
    const expiry = BigInt(Math.floor(made.expiresAt.getTime() / 1000));
    return { id: made.id, certificate: made.certificate, expiry };
  },

  async getCurrentSession(ctx, { id }) {
    const own = id === "" || id === "-" || id === ctx.environmentId;
    if (!own) throw environmentErrors.ENVIRONMENT_NOT_FOUND(id);
    const { expiresAt, tokenExpiresAt, ...rest } = await currentSession(ctx);
    return {
      ...rest,
      ...(expiresAt && { sessionExpiry: timestampFromDate(expiresAt) }),
      ...(tokenExpiresAt && { accessTokenExpiry: timestampFromDate(tokenExpiresAt) }),
    };
  },

  async enableFSAFeature(ctx, { id }) {
    await environments.setMode(ctx, id, "FULL_STACK_AUTH");
    return {};
  },

  async disableFSAFeature(ctx) {
    await environments.setMode(ctx, ctx.environmentId, "MODULAR_AUTH");
    return {};
  },
});

export const gatehouseEnvironmentService = serve(GatehouseEnvironmentService, {
  async createFirstSecret(ctx, { id }) {
    const credentials = await createFirstSecret(ctx, id);
    const { publicUrl } = await environments.current(inEnvironment(ctx, id));
    return { ...credentials, environmentUrl: publicUrl };
  },
});

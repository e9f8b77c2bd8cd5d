/** The door of EnvironmentService. */
import { EnvironmentService } from "@gatehouse/contract/scalekit/v1/environments/environments_pb";
import { serve } from "../../transport/service.ts";
import * as environments from "./environments.ts";
import * as samlCertificates from "./saml-certificates.ts";

export const environmentService = serve(EnvironmentService, {
  async generateNewSamlCertificate(ctx, { id }) {
    const made = await samlCertificates.generate(ctx, id);
    const expiry = BigInt(Math.floor(made.expiresAt.getTime() / 1000));
    return { id: made.id, certificate: made.certificate, expiry };
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

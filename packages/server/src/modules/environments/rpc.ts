/** The door of EnvironmentService. */
import { EnvironmentService } from "@gatehouse/contract/scalekit/v1/environments/environments_pb";
import { serve } from "../../transport/service.ts";
import * as environments from "./environments.ts";

export const environmentService = serve(EnvironmentService, {
  async enableFSAFeature(ctx, { id }) {
    await environments.setMode(ctx, id, "FULL_STACK_AUTH");
    return {};
  },

  async disableFSAFeature(ctx) {
    await environments.setMode(ctx, ctx.environmentId, "MODULAR_AUTH");
    return {};
  },
});

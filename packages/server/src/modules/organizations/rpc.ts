/** The door of OrganizationService. */
import { OrganizationService } from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { serve } from "../../transport/service.ts";
import { organizationMethods } from "./organizations.rpc.ts";
import { portalLinkMethods } from "./portal-links.rpc.ts";
import { sessionPolicyMethods } from "./session-policy.rpc.ts";
import { settingMethods } from "./settings.rpc.ts";

export const organizationService = serve(OrganizationService, {
  ...organizationMethods,
  ...portalLinkMethods,
  ...settingMethods,
  ...sessionPolicyMethods,
});

/** What is announced about organizations. */
import { event } from "../events/events.ts";
import type { Organization } from "./organizations.store.ts";

/** For the audit log: who let somebody into the admin portal of which organization. */
export const portalLinkCreated = event<{ id: string; features: string[]; expires_at: Date }>(
  "organization.portal_link_created",
  "internal",
);

export type OrganizationData = ReturnType<typeof organizationData>;

export const organizationCreated = event<OrganizationData>("organization.created");
export const organizationUpdated = event<OrganizationData>("organization.updated");
export const organizationDeleted = event<OrganizationData & { deleted_at: Date }>("organization.deleted");

/** An organization as events show it. */
export function organizationData(organization: Organization) {
  const features = organization.features as Record<string, boolean>;
  return {
    id: organization.id,
    display_name: organization.display_name,
    external_id: organization.external_id,
    region_code: organization.region_code,
    create_time: organization.created_at,
    update_time: organization.updated_at,
    metadata: organization.metadata,
    settings: { features: Object.entries(features).map(([name, enabled]) => ({ name, enabled })) },
  };
}

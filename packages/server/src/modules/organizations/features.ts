/** The features of an organization: which modules of the portal, widgets and dashboard it sees. They bar no API. */
import type { Ctx } from "../../context.ts";
import { organizationErrors as errors } from "./errors.ts";
import type { Organization, OrganizationRef } from "./organizations.ts";
import { change } from "./organizations.ts";

const featureNames = ["sso", "dir_sync", "domain_verification", "session_policy"] as const;

/** As they are stored and answered. */
export type Feature = (typeof featureNames)[number];

/** Clients write one of them in three ways. */
const otherNames: ReadonlyMap<string, Feature> = new Map([
  ["directory_sync", "dir_sync"],
  ["scim", "dir_sync"],
]);

/**
 * Switches the named features; the others stay as they are. Of a name that is given twice, the last counts.
 * @throws ORGANIZATION_NOT_FOUND, ORGANIZATION_FEATURE_UNKNOWN
 */
export async function switchFeatures(
  ctx: Ctx,
  ref: OrganizationRef,
  features: readonly { name: string; enabled: boolean }[],
): Promise<Organization> {
  const switched = Object.fromEntries(features.map(({ name, enabled }) => [featureOf(name), enabled]));
  return change(ctx, ref, (former) => ({
    features: JSON.stringify({ ...featuresOf(former), ...switched }),
  }));
}

/** The features that are on. */
export function enabledFeatures(organization: Organization): Feature[] {
  const features = featuresOf(organization);
  return featureNames.filter((name) => features[name]);
}

function featuresOf(organization: Organization): Partial<Record<Feature, boolean>> {
  return organization.features as Partial<Record<Feature, boolean>>;
}

function featureOf(name: string): Feature {
  const feature = featureNames.find((known) => known === name) ?? otherNames.get(name);
  if (feature === undefined) throw errors.ORGANIZATION_FEATURE_UNKNOWN(name, featureNames.join(", "));
  return feature;
}

/** Every recorded story, by name of provider and file. A new file in `testdata/` needs its two lines here. */
import { type Provider, readStory, type Story } from "./stories.ts";
import entraGroupMembership from "./testdata/entra/group-membership.json" with { type: "json" };
import entraGroupMembershipWithFlag from "./testdata/entra/group-membership-with-flag.json" with {
  type: "json",
};
import entraMatchingFilters from "./testdata/entra/matching-filters.json" with { type: "json" };
import entraOddBodies from "./testdata/entra/odd-bodies.json" with { type: "json" };
import entraScimValidator from "./testdata/entra/scim-validator.json" with { type: "json" };
import entraSoftDeleteKeepsMembership from "./testdata/entra/soft-delete-keeps-membership.json" with {
  type: "json",
};
import entraTestConnection from "./testdata/entra/test-connection.json" with { type: "json" };
import entraUserLifecycle from "./testdata/entra/user-lifecycle.json" with { type: "json" };
import entraUserLifecycleWithFlag from "./testdata/entra/user-lifecycle-with-flag.json" with { type: "json" };
import jumpcloudActivationProbe from "./testdata/jumpcloud/activation-probe.json" with { type: "json" };
import jumpcloudGroupSync from "./testdata/jumpcloud/group-sync.json" with { type: "json" };
import jumpcloudUserLifecycle from "./testdata/jumpcloud/user-lifecycle.json" with { type: "json" };
import oktaGroupPush from "./testdata/okta/group-push.json" with { type: "json" };
import oktaImport from "./testdata/okta/import.json" with { type: "json" };
import oktaPutOnly from "./testdata/okta/put-only.json" with { type: "json" };
import oktaSpecTest from "./testdata/okta/spec-test.json" with { type: "json" };
import oktaUserLifecycle from "./testdata/okta/user-lifecycle.json" with { type: "json" };
import oneloginEntitlements from "./testdata/onelogin/entitlements.json" with { type: "json" };
import oneloginUserLifecycle from "./testdata/onelogin/user-lifecycle.json" with { type: "json" };
import pingGroupMembership from "./testdata/ping/group-membership.json" with { type: "json" };
import pingUserLifecycle from "./testdata/ping/user-lifecycle.json" with { type: "json" };
import pingWorkEmailFilter from "./testdata/ping/work-email-filter.json" with { type: "json" };
import ripplingConnectionTest from "./testdata/rippling/connection-test.json" with { type: "json" };
import ripplingGroups from "./testdata/rippling/groups.json" with { type: "json" };
import ripplingUserLifecycle from "./testdata/rippling/user-lifecycle.json" with { type: "json" };

const FILES: [Provider, string, unknown][] = [
  ["okta", "group-push", oktaGroupPush],
  ["okta", "import", oktaImport],
  ["okta", "put-only", oktaPutOnly],
  ["okta", "spec-test", oktaSpecTest],
  ["okta", "user-lifecycle", oktaUserLifecycle],
  ["entra", "group-membership-with-flag", entraGroupMembershipWithFlag],
  ["entra", "group-membership", entraGroupMembership],
  ["entra", "matching-filters", entraMatchingFilters],
  ["entra", "odd-bodies", entraOddBodies],
  ["entra", "scim-validator", entraScimValidator],
  ["entra", "soft-delete-keeps-membership", entraSoftDeleteKeepsMembership],
  ["entra", "test-connection", entraTestConnection],
  ["entra", "user-lifecycle-with-flag", entraUserLifecycleWithFlag],
  ["entra", "user-lifecycle", entraUserLifecycle],
  ["onelogin", "entitlements", oneloginEntitlements],
  ["onelogin", "user-lifecycle", oneloginUserLifecycle],
  ["ping", "group-membership", pingGroupMembership],
  ["ping", "user-lifecycle", pingUserLifecycle],
  ["ping", "work-email-filter", pingWorkEmailFilter],
  ["jumpcloud", "activation-probe", jumpcloudActivationProbe],
  ["jumpcloud", "group-sync", jumpcloudGroupSync],
  ["jumpcloud", "user-lifecycle", jumpcloudUserLifecycle],
  ["rippling", "connection-test", ripplingConnectionTest],
  ["rippling", "groups", ripplingGroups],
  ["rippling", "user-lifecycle", ripplingUserLifecycle],
];

export const RECORDED_STORIES: readonly Story[] = FILES.map(([provider, name, file]) =>
  readStory(provider, name, file),
);

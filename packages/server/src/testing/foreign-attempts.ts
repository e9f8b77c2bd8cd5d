/** How methods about what an organization has are called with ids of somebody else, for the test of tenancy. */

export interface Attempt {
  request: string;
  body?: object;
}

export const organizationAttempts: Record<string, Attempt> = {
  "OrganizationService/GeneratePortalLink": { request: "PUT /organizations/{org}/portal_links" },
  "OrganizationService/GetPortalLinks": { request: "GET /organizations/{org}/portal_links" },
  "OrganizationService/DeletePortalLink": { request: "DELETE /organizations/{org}/portal_links" },
  "OrganizationService/DeletePortalLinkByID": { request: "DELETE /organizations/{org}/portal_links/{link}" },
  "OrganizationService/UpdateOrganizationSettings": {
    request: "PATCH /organizations/{org}/settings",
    body: { features: [{ name: "sso", enabled: false }] },
  },
  "OrganizationService/UpdateOrganizationSessionPolicy": {
    request: "PATCH /organizations/{org}/session-policy",
    body: { policy_source: "CUSTOM", absolute_session_timeout: 60 },
  },
  "OrganizationService/GetOrganizationSessionPolicy": { request: "GET /organizations/{org}/session-policy" },
  "OrganizationService/GetApplicationSessionPolicy": {
    request: "GET /organizations/{org}/application-session-policy",
  },
  "OrganizationService/UpsertUserManagementSettings": {
    request: "PATCH /organizations/{org}/settings/usermanagement",
    body: { settings: { max_allowed_users: 1 } },
  },
  "OrganizationService/GetOrganizationUserManagementSetting": {
    request: "GET /organizations/{org}/settings/usermanagement",
  },
  "MembersService/GetMember": { request: "GET /members/{member}" },
  "MembersService/UpdateMember": { request: "PATCH /members/{member}", body: { first_name: "taken over" } },
  "MembersService/DeleteMember": { request: "DELETE /members/{member}" },
  "DomainService/UpdateDomain": { request: "PATCH /organizations/{org}/domains/{domain}", body: {} },
  "DomainService/VerifyDomain": { request: "PATCH /organizations/{org}/domains/{domain}:verify" },
};

/** Members belong to the install: the contract answers an application of another environment with 403. */
export const ofFirstEnvironment = [
  "MembersService/GetMember",
  "MembersService/UpdateMember",
  "MembersService/DeleteMember",
];

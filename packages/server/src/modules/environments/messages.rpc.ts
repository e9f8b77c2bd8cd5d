/** Environments and their settings: from our rows to the contract's messages, and back. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { EnvironmentType, RegionCode } from "@gatehouse/contract/scalekit/v1/commons/commons_pb";
import {
  CookiePersistenceType,
  CookieSameSiteSetting,
  CustomDomainStatus,
  type EnvironmentSchema,
  OrgUserRelationshipType,
  type SessionSettings as SessionMessage,
  type SessionSettingsSchema,
  type TestUserSchema,
  TimeUnit,
  type UserManagement as UserManagementMessage,
  type UserManagementSchema,
} from "@gatehouse/contract/scalekit/v1/environments/environments_pb";
import { invalidArgument } from "../../errors.ts";
import { customDomainOf } from "./addresses.ts";
import type { EnvironmentRow } from "./install.ts";
import type { SessionSettings } from "./session-settings.ts";
import type { TestUsers } from "./test-users.ts";
import type { UserManagement } from "./user-management.ts";

export function toEnvironment(row: EnvironmentRow): MessageInitShape<typeof EnvironmentSchema> {
  const status = row.custom_domain_status as "PENDING" | "ACTIVE" | "FAILED" | null;
  return {
    id: row.id,
    createTime: timestampFromDate(row.created_at),
    updateTime: timestampFromDate(row.updated_at),
    displayName: row.name,
    domain: new URL(row.base_url ?? row.public_url).host,
    regionCode: RegionCode[row.region_code as "US" | "EU"],
    type: EnvironmentType[row.type as "DEV" | "PRD"],
    ...(row.custom_domain !== null && { customDomain: row.custom_domain }),
    customDomainStatus: CustomDomainStatus[status ?? "INITIAL"],
  };
}

/** The name of an enum's number; undefined for its zero. @throws INVALID_ARGUMENT for a number that it does not have */
export function nameOf<Names extends string>(
  field: string,
  names: Readonly<Record<number, string>>,
  value: number,
): Names | undefined {
  if (value === 0) return undefined;
  const name = names[value];
  if (name !== undefined) return name as Names;
  throw invalidArgument(field, "enum.defined_only", "value must be one of the defined enum values");
}

/** Only what was sent. @throws INVALID_ARGUMENT */
export function sessionInput(message: SessionMessage | undefined): Partial<SessionSettings> {
  if (!message) return {};
  const unit = (name: string, value: TimeUnit) =>
    nameOf<keyof typeof TimeUnit>(`${path}.${name}`, TimeUnit, value);
  const path = "session_settings";
  const { cookieCustomDomain } = message;
  return present({
    accessTokenExpiry: message.accessTokenExpiry,
    clientAccessTokenExpiry: message.clientAccessTokenExpiry,
    absoluteSessionTimeout: message.absoluteSessionTimeout,
    idleSessionTimeout: message.idleSessionTimeout,
    idleSessionEnabled: message.idleSessionEnabled,
    sessionManagementEnabled: message.sessionManagementEnabled,
    accessTokenExpiryUnit: unit("access_token_expiry_unit", message.accessTokenExpiryUnit),
    absoluteSessionTimeoutUnit: unit("absolute_session_timeout_unit", message.absoluteSessionTimeoutUnit),
    idleSessionTimeoutUnit: unit("idle_session_timeout_unit", message.idleSessionTimeoutUnit),
    cookiePersistence: nameOf(
      `${path}.cookie_persistence_type`,
      CookiePersistenceType,
      message.cookiePersistenceType,
    ),
    cookieSameSite: nameOf(
      `${path}.cookie_same_site_setting`,
      CookieSameSiteSetting,
      message.cookieSameSiteSetting,
    ),
    // What is no host name stays as it is, and the rules refuse it.
    cookieCustomDomain: cookieCustomDomain && (customDomainOf(cookieCustomDomain) ?? cookieCustomDomain),
  } as Partial<SessionSettings>);
}

export function toSessionSettings(settings: SessionSettings): MessageInitShape<typeof SessionSettingsSchema> {
  const { cookiePersistence, cookieSameSite, cookieCustomDomain, ...rest } = settings;
  return {
    ...rest,
    accessTokenExpiryUnit: TimeUnit[settings.accessTokenExpiryUnit],
    absoluteSessionTimeoutUnit: TimeUnit[settings.absoluteSessionTimeoutUnit],
    idleSessionTimeoutUnit: TimeUnit[settings.idleSessionTimeoutUnit],
    cookiePersistenceType: CookiePersistenceType[cookiePersistence],
    cookieSameSiteSetting: CookieSameSiteSetting[cookieSameSite],
    ...(cookieCustomDomain !== "" && { cookieCustomDomain }),
  };
}

/** Only what was sent. */
export function userManagementInput(message: UserManagementMessage | undefined): Partial<UserManagement> {
  if (!message) return {};
  const { $typeName: _type, $unknown: _unknown, orgUserRelationship, ...rest } = message;
  const relationship = nameOf(
    "user_management.org_user_relationship",
    OrgUserRelationshipType,
    orgUserRelationship,
  );
  return present({ ...rest, orgUserRelationship: relationship } as Partial<UserManagement>);
}

export function toUserManagement(rules: UserManagement): MessageInitShape<typeof UserManagementSchema> {
  const { orgUserRelationship, maxUsersLimit, ...rest } = rules;
  return {
    ...rest,
    orgUserRelationship: OrgUserRelationshipType[orgUserRelationship],
    // Below 1 the contract has no limit.
    ...(maxUsersLimit > 0 && { maxUsersLimit }),
  };
}

export function toTestUser({ enabled, code, emails }: TestUsers): MessageInitShape<typeof TestUserSchema> {
  return { enabled, staticConfirmationCode: code, emails };
}

/** Without the members that are undefined. */
function present<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

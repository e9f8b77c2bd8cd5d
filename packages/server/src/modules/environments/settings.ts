/** What is set for an environment: the shape of its settings, their defaults, and what follows from them. */

/** How a length of time is shown; it is always counted in minutes. */
export type TimeUnit = "MINUTES" | "HOURS" | "DAYS";

/** How long sessions and tokens last, in minutes, and the session cookie. */
export interface SessionSettings {
  accessTokenExpiry: number;
  clientAccessTokenExpiry: number;
  absoluteSessionTimeout: number;
  idleSessionTimeout: number;
  idleSessionEnabled: boolean;
  sessionManagementEnabled: boolean;
  accessTokenExpiryUnit: TimeUnit;
  absoluteSessionTimeoutUnit: TimeUnit;
  idleSessionTimeoutUnit: TimeUnit;
  /** PERSISTENT survives the end of the browser. */
  cookiePersistence: "PERSISTENT" | "SESSION";
  cookieSameSite: "LAX_MODE" | "NONE_MODE";
  /** A parent domain that the cookie is set for; "" for the host of the environment alone. */
  cookieCustomDomain: string;
}

/** The rules for users, sign-up and invitations. */
export interface UserManagement {
  allowDuplicateUserIdentities: boolean;
  allowMultipleMemberships: boolean;
  allowOrganizationSignup: boolean;
  orgUserRelationship: "SINGLE_ORGANIZATION" | "MULTIPLE_ORGANIZATIONS";
  enableMaxUsersLimit: boolean;
  /** Most members of an organization that says nothing else; 0 while none was set. */
  maxUsersLimit: number;
  /** Minutes. */
  invitationExpiry: number;
  blockDisposableEmailDomains: boolean;
  blockPublicEmailDomains: boolean;
  syncUserProfileOnSignin: boolean;
}

/** Seconds, all of them. */
export interface Lifetimes {
  accessToken: number;
  modularAccessToken: number;
  idToken: number;
  clientAccessToken: number;
  authorizationCode: number;
  signIn: number;
  sessionAbsolute: number;
  /** undefined = sessions do not end for idleness. */
  sessionIdle: number | undefined;
  /** How long a rotated refresh token may be used once more; at most 60. */
  refreshLeeway: number;
  invitation: number;
}

/** What the row of an environment holds; whatever is absent has its default. */
export interface StoredSettings {
  lifetimes?: Partial<Lifetimes>;
  session?: Partial<SessionSettings>;
  userManagement?: Partial<UserManagement>;
  features?: Record<string, boolean>;
  customization?: Record<string, unknown>;
  testUser?: { enabled: boolean; codeSealed: string; emails: string[] };
}

/** The switches of an environment. `fsa` is its mode; the others hold for all of its organizations. */
export const featureNames = ["sso", "dir_sync", "domain_verification", "session_policy"] as const;

export type FeatureName = (typeof featureNames)[number];

const minute = 60;
const hourInMinutes = 60;
const dayInMinutes = 24 * hourInMinutes;

export const defaultSession: SessionSettings = {
  accessTokenExpiry: 5,
  clientAccessTokenExpiry: dayInMinutes,
  absoluteSessionTimeout: 30 * dayInMinutes,
  idleSessionTimeout: 7 * dayInMinutes,
  idleSessionEnabled: true,
  sessionManagementEnabled: true,
  accessTokenExpiryUnit: "MINUTES",
  absoluteSessionTimeoutUnit: "MINUTES",
  idleSessionTimeoutUnit: "MINUTES",
  cookiePersistence: "PERSISTENT",
  cookieSameSite: "LAX_MODE",
  cookieCustomDomain: "",
};

export const defaultUserManagement: UserManagement = {
  allowDuplicateUserIdentities: false,
  allowMultipleMemberships: true,
  allowOrganizationSignup: true,
  orgUserRelationship: "MULTIPLE_ORGANIZATIONS",
  enableMaxUsersLimit: false,
  maxUsersLimit: 0,
  invitationExpiry: 15 * dayInMinutes,
  blockDisposableEmailDomains: false,
  blockPublicEmailDomains: false,
  syncUserProfileOnSignin: false,
};

/** Every setting, the defaults filled in. */
export function settingsOf(stored: StoredSettings) {
  const session = { ...defaultSession, ...stored.session };
  const userManagement = { ...defaultUserManagement, ...stored.userManagement };
  return {
    session,
    userManagement,
    features: Object.fromEntries(
      featureNames.map((name) => [name, stored.features?.[name] ?? true]),
    ) as Record<FeatureName, boolean>,
    lifetimes: { ...lifetimesOf(session, userManagement), ...stored.lifetimes },
  };
}

function lifetimesOf(session: SessionSettings, { invitationExpiry }: UserManagement): Lifetimes {
  return {
    accessToken: session.accessTokenExpiry * minute,
    modularAccessToken: 900,
    idToken: 1_800,
    clientAccessToken: session.clientAccessTokenExpiry * minute,
    authorizationCode: 600,
    signIn: 600,
    sessionAbsolute: session.absoluteSessionTimeout * minute,
    sessionIdle: session.idleSessionEnabled ? session.idleSessionTimeout * minute : undefined,
    refreshLeeway: 0,
    invitation: invitationExpiry * minute,
  };
}

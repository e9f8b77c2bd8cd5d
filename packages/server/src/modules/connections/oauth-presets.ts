/**
 * The social providers as data: their addresses, what is asked for, and how a person is read from their answers.
 * A connection's own settings override the addresses and scopes.
 */
import type { Claims, Person } from "./oauth-people.ts";
import { githubPerson, microsoftPerson, standardPerson } from "./oauth-people.ts";

export interface Preset {
  /** `{tenant}` stands for the connection's tenant. */
  authorizeUri: string;
  tokenUri: string;
  userInfoUri: string;
  scopes: readonly string[];
  /** A scope without which the answers below are not given, whatever the connection's own scopes are. */
  alwaysScope?: string;
  pkce: boolean;
  /** The `prompt` by which the provider signs the user in afresh; absent where it knows none. */
  freshPrompt?: "login" | "select_account";
  /** The person is in the ID token, whose signature and issuer are checked. */
  idToken?: boolean;
  /** A list of the person's addresses, below the address of the profile. */
  emailsPath?: string;
  /** @param emails what `emailsPath` answered */
  person(claims: Claims, emails: unknown): Person;
}

const standardScopes = ["openid", "email", "profile"];

/** By the contract's name of the provider; an app names it in lower case. */
const presets: Readonly<Record<string, Preset>> = {
  GOOGLE: {
    authorizeUri: "https://accounts.google.com/o/oauth2/v2/auth",
    tokenUri: "https://oauth2.googleapis.com/token",
    userInfoUri: "https://openidconnect.googleapis.com/v1/userinfo",
    scopes: standardScopes,
    alwaysScope: "openid",
    pkce: true,
    // Google refuses `login`; a fresh choice of the account is the nearest that it has.
    freshPrompt: "select_account",
    person: standardPerson,
  },
  MICROSOFT: {
    authorizeUri: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
    tokenUri: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
    userInfoUri: "https://graph.microsoft.com/oidc/userinfo",
    scopes: standardScopes,
    alwaysScope: "openid",
    pkce: true,
    freshPrompt: "login",
    idToken: true,
    person: microsoftPerson,
  },
  GITHUB: {
    authorizeUri: "https://github.com/login/oauth/authorize",
    tokenUri: "https://github.com/login/oauth/access_token",
    userInfoUri: "https://api.github.com/user",
    scopes: ["read:user", "user:email"],
    alwaysScope: "user:email",
    pkce: true,
    freshPrompt: "select_account",
    emailsPath: "/emails?per_page=100",
    person: githubPerson,
  },
  GITLAB: {
    authorizeUri: "https://gitlab.com/oauth/authorize",
    tokenUri: "https://gitlab.com/oauth/token",
    userInfoUri: "https://gitlab.com/oauth/userinfo",
    scopes: standardScopes,
    alwaysScope: "openid",
    pkce: true,
    person: standardPerson,
  },
  LINKEDIN: {
    authorizeUri: "https://www.linkedin.com/oauth/v2/authorization",
    tokenUri: "https://www.linkedin.com/oauth/v2/accessToken",
    userInfoUri: "https://api.linkedin.com/v2/userinfo",
    scopes: standardScopes,
    alwaysScope: "openid",
    // LinkedIn refuses the exchange when a verifier comes along: its flow with PKCE has other addresses.
    pkce: false,
    person: standardPerson,
  },
  SALESFORCE: {
    authorizeUri: "https://login.salesforce.com/services/oauth2/authorize",
    tokenUri: "https://login.salesforce.com/services/oauth2/token",
    userInfoUri: "https://login.salesforce.com/services/oauth2/userinfo",
    scopes: standardScopes,
    alwaysScope: "openid",
    pkce: true,
    freshPrompt: "login",
    person: standardPerson,
  },
};

/** The providers that social sign-in knows, by the contract's names. */
export const providerNames: readonly string[] = Object.keys(presets);

/** What is known of a provider. @throws Error for one that no connection can have */
export function presetOf(provider: string): Preset {
  const preset = Object.hasOwn(presets, provider) ? presets[provider] : undefined;
  if (!preset) throw new Error(`there is no social provider ${provider}`);
  return preset;
}

interface Addresses {
  authorizeUri: string;
  tokenUri: string;
  userInfoUri: string;
}

/** Where a connection's provider answers: its own addresses before the preset's. */
export function endpointsOf(
  provider: string,
  settings: Partial<Addresses> & { tenantId?: string },
): Addresses {
  const preset = presetOf(provider);
  const fill = (address: string) => address.replace("{tenant}", settings.tenantId || "common");
  return {
    authorizeUri: fill(settings.authorizeUri || preset.authorizeUri),
    tokenUri: fill(settings.tokenUri || preset.tokenUri),
    userInfoUri: fill(settings.userInfoUri || preset.userInfoUri),
  };
}

/**
 * How each social provider's answers name a person: a subject that never goes to somebody else, and an e-mail
 * address that counts as verified only where the provider says so.
 */

export type Claims = Record<string, unknown>;

/** What a provider says of a person; `claims` has the names of OpenID Connect (Core 5.1). */
export interface Person {
  /** Undefined when the answer names nobody. */
  subject: string | undefined;
  email: string | undefined;
  emailVerified: boolean;
  claims: Claims;
}

/** The standard claims of OpenID Connect: Google, GitLab, LinkedIn, Salesforce. */
export function standardPerson(claims: Claims): Person {
  return {
    subject: textOf(claims.sub),
    email: textOf(claims.email),
    emailVerified: isTrue(claims.email_verified),
    claims,
  };
}

/**
 * Any administrator of a tenant sets any address there, so the address says nothing of its owner (nOAuth) unless
 * `xms_edov` says that the tenant owns its domain. `oid` is the account's id within its tenant and the same for all
 * applications; a private account has `sub` alone in some answers.
 */
export function microsoftPerson(claims: Claims): Person {
  const tenant = textOf(claims.tid);
  const account = textOf(claims.oid) ?? textOf(claims.sub);
  return {
    subject: tenant && account && `${tenant}/${account}`,
    email: textOf(claims.email),
    emailVerified: isTrue(claims.xms_edov),
    claims,
  };
}

/** GitHub's profile has a public address, or none, and does not say that it is verified: the list does. */
export function githubPerson(claims: Claims, emails: unknown): Person {
  const listed = Array.isArray(emails) ? (emails as (Claims | null)[]) : [];
  const primary = listed.find((each) => each?.primary === true);
  const [givenName, ...rest] = (textOf(claims.name) ?? "").split(" ");
  return {
    // The login can be renamed and then be taken by another person; the number stays.
    subject: Number.isSafeInteger(claims.id) ? String(claims.id) : undefined,
    email: textOf(primary?.email),
    emailVerified: primary?.verified === true,
    claims: {
      ...claims,
      email: textOf(primary?.email),
      preferred_username: claims.login,
      given_name: givenName,
      family_name: rest.join(" "),
      picture: claims.avatar_url,
    },
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Some providers write the boolean as text or, Microsoft, as a number. */
function isTrue(value: unknown): boolean {
  return value === true || value === "true" || value === 1 || value === "1";
}

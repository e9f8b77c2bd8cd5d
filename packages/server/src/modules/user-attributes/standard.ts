/** The attributes that every environment has without declaring them. */

/** What fills an attribute: a sign-in or a directory. */
export type AttributeSource = "sso" | "directory";

export type Datatype = "STRING" | "NUMBER" | "BOOL" | "ARRAY" | "OBJECT";

export interface UserAttribute {
  source: AttributeSource;
  key: string;
  label: string;
  datatype: Datatype;
  enabled: boolean;
  required: boolean;
  category: "STANDARD" | "CUSTOM";
  /** The identity provider's name of it, unless a connection says otherwise; "" where only a connection says. */
  samlMapping: string;
  oidcMapping: string;
}

const names: [key: string, label: string, saml: string, oidc: string, datatype?: Datatype][] = [
  ["email", "Email", "email", "email"],
  ["given_name", "Given name", "firstName", "given_name"],
  ["family_name", "Family name", "lastName", "family_name"],
  ["name", "Full name", "", "name"],
  ["preferred_username", "Username", "", "preferred_username"],
  ["locale", "Locale", "", "locale"],
  ["picture", "Picture", "", "picture"],
  ["groups", "Groups", "", "groups", "ARRAY"],
];

/** In the order of the list. */
export function standardAttributes(source: AttributeSource): UserAttribute[] {
  return names.map(([key, label, saml, oidc, datatype = "STRING"]) => ({
    source,
    key,
    label,
    datatype,
    enabled: true,
    required: key === "email",
    category: "STANDARD",
    samlMapping: source === "sso" ? saml : "",
    oidcMapping: source === "sso" ? oidc : "",
  }));
}

export function isStandard(key: string): boolean {
  return names.some(([name]) => name === key);
}

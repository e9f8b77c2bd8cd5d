/** The permissions that every environment has: what each opens of our own API and pages to the member who holds it. */

interface BuiltIn {
  description: string;
  /** Permissions of the contract, which name what a method asks of an end user's session. */
  opens: readonly string[];
  /** The default role for members has it, too. */
  forMembers?: true;
}

/** By name. A permission to manage opens reading as well. */
export const builtInPermissions: Readonly<Record<string, BuiltIn>> = {
  sk_org_settings_read: {
    description: "See the settings of the organization",
    opens: ["organizations_read"],
    forMembers: true,
  },
  sk_org_settings_manage: {
    description: "Change the settings of the organization",
    opens: ["organizations_read", "organizations_write"],
  },
  sk_org_users_read: {
    description: "See the users of the organization",
    opens: ["organizations_users_read"],
    forMembers: true,
  },
  sk_org_users_invite: {
    description: "Invite users to the organization",
    opens: ["organizations_users_invite"],
  },
  sk_org_users_delete: {
    description: "Remove users from the organization",
    opens: ["organizations_users_remove"],
  },
  sk_org_users_role_change: {
    description: "Change the roles of users in the organization",
    opens: ["organizations_users_role_update"],
  },
  sk_org_sso_read: {
    description: "See the single sign-on of the organization",
    opens: ["connections_read"],
  },
  sk_org_sso_manage: {
    description: "Set up the single sign-on of the organization",
    opens: ["connections_read", "connections_write"],
  },
  sk_org_scim_read: {
    description: "See the directories of the organization",
    opens: ["directories_read"],
  },
  sk_org_scim_manage: {
    description: "Set up the directories of the organization",
    opens: ["directories_read", "directories_write"],
  },
  sk_org_session_policy_read: {
    description: "See the session policy of the organization",
    opens: ["organizations_sessions_read"],
  },
  sk_org_session_policy_manage: {
    description: "Change the session policy of the organization",
    opens: ["organizations_sessions_read", "organizations_sessions_write"],
  },
};

/**
 * The permissions of the contract that a token's `permissions` open. Those that an app has declared open none,
 * whatever their names are: else an app's own `organizations_write` would open our API.
 */
export function openedBy(permissions: readonly string[]): string[] {
  return [...new Set(permissions.flatMap((name) => builtIn(name)?.opens ?? []))];
}

function builtIn(name: string): BuiltIn | undefined {
  return Object.hasOwn(builtInPermissions, name) ? builtInPermissions[name] : undefined;
}

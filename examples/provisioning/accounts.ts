/**
 * The app's own accounts, as its customers' directories describe them. Replace the map by your table; the two rules
 * stay: deliveries may come twice and in any order, and whoever leaves loses access but not what belongs to them.
 */

/** What a webhook tells of a person in a directory. */
export interface DirectoryEvent {
  type: string;
  /** RFC 3339. */
  occurred_at: string;
  data: Person;
}

interface Person {
  /** `diruser_…`, the same for as long as the person is in the directory. */
  id: string;
  organization_id: string;
  email: string;
  name?: string;
  active?: boolean;
  groups?: { id: string; name: string }[] | null;
  roles?: { role_name: string }[] | null;
}

export interface Account {
  id: string;
  organizationId: string;
  email: string;
  name: string;
  isActive: boolean;
  groups: string[];
  roles: string[];
  /** When what is written here was so, RFC 3339. */
  asOf: string;
}

export interface Accounts {
  /** Takes in an event. @returns what it did to the account */
  apply(event: DirectoryEvent): "created" | "updated" | "deactivated" | "ignored";
  /** All of them, by address. */
  list(): Account[];
}

const prefix = "organization.directory.user_";

/** Makes an empty store. */
export function createAccounts(): Accounts {
  const accounts = new Map<string, Account>();
  return {
    apply(event) {
      const { type, data, occurred_at: asOf } = event;
      if (!type.startsWith(prefix)) return "ignored";
      const known = accounts.get(data.id);
      // A retry arrives hours late; what came after it is what holds.
      if (known && Date.parse(asOf) < Date.parse(known.asOf)) return "ignored";
      const isActive = type !== `${prefix}deleted` && data.active !== false;
      // A person who leaves is told by four fields only: the rest is kept as it was.
      accounts.set(
        data.id,
        type === `${prefix}deleted` && known ? { ...known, isActive, asOf } : accountOf(data, isActive, asOf),
      );
      if (!isActive) return "deactivated";
      return known ? "updated" : "created";
    },
    list: () => [...accounts.values()].sort((one, other) => one.email.localeCompare(other.email)),
  };
}

function accountOf(person: Person, isActive: boolean, asOf: string): Account {
  return {
    id: person.id,
    organizationId: person.organization_id,
    email: person.email,
    name: person.name || person.email,
    isActive,
    groups: (person.groups ?? []).map((group) => group.name),
    roles: (person.roles ?? []).map((role) => role.role_name),
    asOf,
  };
}

/** What events were called until January 2025, by what they are called today. */

const formerNames: Readonly<Record<string, readonly string[]>> = {
  "organization.directory_enabled": ["scalekit.dir.sync.enable"],
  "organization.directory_disabled": ["scalekit.dir.sync.disable"],
  "organization.directory.user_created": ["scalekit.dir.user.create"],
  "organization.directory.user_updated": ["scalekit.dir.user.update"],
  "organization.directory.user_deleted": ["scalekit.dir.user.delete"],
  "organization.directory.group_created": ["scalekit.dir.group.create"],
  "organization.directory.group_updated": ["scalekit.dir.group.update"],
  "organization.directory.group_deleted": ["scalekit.dir.group.delete"],
  "organization.sso_enabled": ["scalekit.org.conn.enable", "scalekit.dir.conn.enable"],
  "organization.sso_disabled": ["scalekit.org.conn.disable", "scalekit.dir.conn.disable"],
};

/** The former names of an event of this type; mostly none. */
export function formerNamesOf(type: string): readonly string[] {
  return (Object.hasOwn(formerNames, type) && formerNames[type]) || [];
}

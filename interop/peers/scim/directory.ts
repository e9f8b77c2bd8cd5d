/** A directory that a SCIM client may fill: made, switched on and given a token as an administrator does it. */
import type { Gatehouse } from "../../lib/gatehouse.ts";
import { createTenant } from "../../lib/tenant.ts";

/** Makes a directory of a new organization. */
export async function createDirectory(gatehouse: Gatehouse): Promise<{ url: string; token: string }> {
  const { api } = gatehouse;
  const collection = `/organizations/${(await createTenant(gatehouse)).id}/directories`;
  const wanted = { directory_type: "SCIM", directory_provider: "OKTA" };
  const made = (await api("POST", collection, wanted)).directory;
  const path = `${collection}/${made?.id}`;
  const token = (await api("POST", `${path}/secrets`)).plain_secret ?? "";
  await api("PATCH", `${path}:enable`);
  const url = (await api("GET", path)).directory?.directory_endpoint ?? "";
  return { url, token };
}

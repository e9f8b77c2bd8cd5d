/** The door of the admin portal: what its links lead to. The portal itself is not built; the page says so. */
import type { Ctx } from "../../context.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { html, page } from "../../transport/page.ts";
import { registeredOrigins } from "../clients/redirect-uris.ts";
import { organizationErrors as errors } from "./errors.ts";
import { enabledFeatures } from "./features.ts";
import * as organizations from "./organizations.ts";
import * as portalLinks from "./portal-links.ts";

export const portalRoutes: HttpRoute[] = [
  { method: "GET", path: "/magicLink/:token", errors: "page", handle: answerLink },
];

const modules: Readonly<Record<string, string>> = {
  sso: "single sign-on",
  dir_sync: "directory sync",
  domain_verification: "domain verification",
  session_policy: "session policy",
};

async function answerLink(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const token = request.params.token ?? "";
  // Mail programs look at links by HEAD: that must not use them up.
  const looksOnly = request.method === "HEAD";
  const link = looksOnly ? await portalLinks.find(ctx, token) : await portalLinks.open(ctx, token);
  if (!link) throw errors.PORTAL_LINK_INVALID();
  const organization = await organizations.get(ctx, { id: link.organization_id });
  const features = link.features.length > 0 ? link.features : enabledFeatures(organization);
  const named = features.map((feature) => modules[feature] ?? feature).join(", ");
  // The application shows the portal in a frame of its own page.
  const framedBy = [...(await registeredOrigins(ctx))].filter(isPlain).join(" ");
  return page({
    title: "The admin portal is not part of this version",
    status: 501,
    ...(framedBy !== "" && { framedBy }),
    body: html`<h1>The admin portal is not part of this version</h1>
<p class="what">The link is good: it is for ${organization.display_name}${named === "" ? "" : ` (${named})`}.</p>
<p>This server makes links into the admin portal, but does not have its pages yet. Until it does, whoever sent the
link can set up the connection for you through the management API.</p>`,
  });
}

/** A host may hold a semicolon, which would end the directive of the policy that it is written into. */
function isPlain(origin: string): boolean {
  return /^https?:\/\/[\w.*:[\]-]+$/.test(origin);
}

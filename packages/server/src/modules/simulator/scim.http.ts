/** The door of the simulated SCIM client. */
import type { Ctx } from "../../context.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { isOwnPage } from "../../transport/own-page.ts";
import { page, pageInParts } from "../../transport/page.ts";
import { simulatorErrors as errors } from "./errors.ts";
import { readScimChoice } from "./scim-choice.ts";
import { scimChooserPage, scimPath, scimTitle } from "./scim-pages.http.ts";
import { playedParts } from "./scim-played.http.ts";
import { readTarget } from "./scim-target.ts";
import { domainsOf, testOrganizationId } from "./simulator.ts";

export const scimRoutes: HttpRoute[] = [
  { method: "GET", path: scimPath, errors: "page", handle: choose },
  { method: "POST", path: scimPath, errors: "page", handle: play },
];

async function choose(ctx: Ctx, { query }: HttpRequest): Promise<HttpReply> {
  const domains = await domainsOf(ctx, await testOrganizationId(ctx));
  const endpoint = query.get("endpoint") ?? "";
  return page(scimChooserPage({ domains, endpoint, domain: query.get("domain") ?? "" }));
}

/** What it may do it does for anybody at this machine, but not for pages of other sites that they look at. */
async function play(ctx: Ctx, { form, headers }: HttpRequest): Promise<HttpReply> {
  if (!isOwnPage(headers)) throw errors.SIMULATOR_FORM_FOREIGN();
  const target = await readTarget(ctx, form);
  const choice = readScimChoice(form, target.domains);
  return pageInParts({ title: scimTitle, wide: true }, playedParts(ctx, target, choice));
}

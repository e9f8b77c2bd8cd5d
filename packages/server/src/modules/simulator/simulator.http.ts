/** Every route of the simulator; `app.ts` mounts them in development only. */
import type { HttpRoute } from "../../transport/http.ts";
import { oidcRoutes } from "./oidc.http.ts";
import { stylesheets } from "./pages.http.ts";
import { samlRoutes } from "./saml.http.ts";
import { scimRoutes } from "./scim.http.ts";

const css = Object.values(stylesheets).map(
  ({ path, body }): HttpRoute => ({
    method: "GET",
    path,
    errors: "page",
    handle: async () => ({
      status: 200,
      // The link to it carries a hash of the content.
      headers: {
        "content-type": "text/css; charset=utf-8",
        "cache-control": "public, max-age=31536000, immutable",
      },
      body,
    }),
  }),
);

export const simulatorRoutes: HttpRoute[] = [...samlRoutes, ...oidcRoutes, ...scimRoutes, ...css];

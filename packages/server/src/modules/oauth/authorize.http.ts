/** The door of /oauth/authorize. */
import { browserCookies, readBrowser } from "../../transport/browser.ts";
import type { HttpRoute } from "../../transport/http.ts";
import { stepReply } from "../../transport/step.ts";
import * as environments from "../environments/environments.ts";
import { authorize } from "./authorize.ts";

export const authorizeRoutes: HttpRoute[] = [
  {
    method: "GET",
    path: "/oauth/authorize",
    errors: "page",
    async handle(ctx, request) {
      const { publicUrl } = await environments.current(ctx);
      const step = await authorize(ctx, request.query, readBrowser(request, publicUrl));
      return stepReply(step, browserCookies(step, publicUrl));
    },
  },
  {
    // OIDC Core 3.1.2.1: the endpoint takes both methods.
    method: "POST",
    path: "/oauth/authorize",
    errors: "page",
    async handle(ctx, request) {
      const { publicUrl } = await environments.current(ctx);
      const step = await authorize(ctx, request.form, readBrowser(request, publicUrl));
      return stepReply(step, browserCookies(step, publicUrl));
    },
  },
];

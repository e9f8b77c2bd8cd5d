/** Which page answers to which path. A new page is a file in `pages/` and a line here. */
import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { FailedPage } from "./failed.tsx";
import { NotFoundPage } from "./not-found.tsx";
import { LoginPage, readLoginSearch } from "./pages/login.tsx";

const root = createRootRoute({ notFoundComponent: NotFoundPage, errorComponent: FailedPage });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: readLoginSearch,
  component: LoginPage,
});

/** The router of the app. */
export const router = createRouter({
  routeTree: root.addChildren([login]),
  basepath: "/a/auth",
  // The router would read JSON in the query: an `error_description` of 42 would be a number.
  parseSearch: (query) => Object.fromEntries(new URLSearchParams(query)),
  stringifySearch: (search) => {
    const query = new URLSearchParams(search as Record<string, string>).toString();
    return query === "" ? "" : `?${query}`;
  },
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

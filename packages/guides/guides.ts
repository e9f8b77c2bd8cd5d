/** The set-up guides of all identity providers, in the order in which a list shows them. */
import type { ProviderGuides } from "./guide.ts";
import { adfs } from "./providers/adfs.ts";
import { auth0 } from "./providers/auth0.ts";
import { entraId } from "./providers/entra-id.ts";
import { genericOidc } from "./providers/generic-oidc.ts";
import { genericSaml } from "./providers/generic-saml.ts";
import { googleWorkspace } from "./providers/google-workspace.ts";
import { jumpcloud } from "./providers/jumpcloud.ts";
import { okta } from "./providers/okta.ts";
import { onelogin } from "./providers/onelogin.ts";
import { ping } from "./providers/ping.ts";
import { shibboleth } from "./providers/shibboleth.ts";

export * from "./guide.ts";

/** Those with a name of their own first, then what serves everybody else. */
export const providerGuides: readonly ProviderGuides[] = [
  okta,
  entraId,
  googleWorkspace,
  jumpcloud,
  onelogin,
  ping,
  auth0,
  adfs,
  shibboleth,
  genericSaml,
  genericOidc,
];

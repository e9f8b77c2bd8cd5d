/** The peers, in the order in which they run. */
import type { Peer } from "../lib/cases.ts";
import { sdkGo } from "../sdks/go/go.ts";
import { sdkJava } from "../sdks/java/java.ts";
import { sdkPython } from "../sdks/python/python.ts";
import { grpcJava } from "./grpc-java/grpc-java.ts";
import { keycloak } from "./keycloak/keycloak.ts";
import { oidcProvider } from "./oidc-provider/oidc-provider.ts";
import { pysaml2 } from "./pysaml2/pysaml2.ts";
import { schemathesis } from "./schemathesis/schemathesis.ts";
import { scim2Tester, scimSanity } from "./scim/scim.ts";
import { simplesamlphp } from "./simplesamlphp/simplesamlphp.ts";

export const peers: Peer[] = [
  keycloak,
  simplesamlphp,
  pysaml2,
  oidcProvider,
  sdkPython,
  sdkGo,
  sdkJava,
  grpcJava,
  schemathesis,
  scim2Tester,
  scimSanity,
];

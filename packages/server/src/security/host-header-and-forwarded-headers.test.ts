/** The Host header and its kin: links, issuers and addresses come from the stored URL, whatever a request says of itself. */
import { request } from "node:http";
import { beforeAll, describe, expect, test } from "vitest";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { createSamlTenant, type SamlTenant } from "../testing/sign-in.ts";

const evil = "evil.example";
const lies: [string, Record<string, string>][] = [
  ["Host", { host: evil }],
  ["Host with a port", { host: `${evil}:8080` }],
  ["X-Forwarded-Host", { "x-forwarded-host": evil, "x-forwarded-proto": "https" }],
  ["X-Forwarded-Server", { "x-forwarded-server": evil, "x-host": evil }],
  ["Forwarded", { forwarded: `host=${evil};proto=https` }],
  ["X-Original-URL", { "x-original-url": `https://${evil}/`, "x-rewrite-url": `https://${evil}/` }],
  ["Origin and Referer", { origin: `https://${evil}`, referer: `https://${evil}/` }],
];

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
  });

  /** fetch sets its own Host header. */
  function ask(path: string, headers: Record<string, string>): Promise<{ status: number; told: string }> {
    const { port } = cluster();
    return new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path, headers }, async (answer) => {
        let body = "";
        for await (const chunk of answer) body += chunk;
        const told = `${JSON.stringify(answer.headers)} ${body}`;
        resolve({ status: answer.statusCode ?? 0, told });
      });
      asked.on("error", reject).end();
    });
  }

  const paths = (): [string, string][] => {
    const query = `client_id=${cluster().clientId}&redirect_uri=http://localhost:5555/callback&response_type=code&scope=openid`;
    return [
      ["/.well-known/openid-configuration", cluster().url],
      ["/.well-known/oauth-authorization-server", cluster().url],
      [`/sso/v1/saml/${tenant.connectionId}/metadata`, tenant.acsUrl],
      [`/oauth/authorize?${query}`, `${cluster().url}/a/auth/login`],
      [`/oauth/authorize?${query}&prompt=none`, encodeURIComponent(cluster().url)],
      ["/oauth/authorize", "invalid_client"],
      [`/sso/v1/saml/${tenant.connectionId}/callback`, "invalid_state"],
      ["/oidc/logout", "You are signed out"],
    ];
  };

  describe.each(lies)("%s", (_name, headers) => {
    test("is echoed nowhere, and the stored address is used", async () => {
      for (const [path, expected] of paths()) {
        const { told } = await ask(path, headers);
        expect(told, path).toContain(expected);
        expect(told, path).not.toContain(evil);
      }
    });
  });

  test("the AuthnRequest names our stored address", async () => {
    const query = `client_id=${cluster().clientId}&redirect_uri=http://localhost:5555/callback&response_type=code&scope=openid&connection_id=${tenant.connectionId}`;
    const { status, told } = await ask(`/oauth/authorize?${query}`, { host: evil, "x-forwarded-host": evil });
    expect(status).toBe(302);
    expect(told).toContain(tenant.idp.ssoUrl);
    expect(told).not.toContain(evil);
  });

  test("cookies are for no domain that a request names", async () => {
    const query = `client_id=${cluster().clientId}&redirect_uri=http://localhost:5555/callback&response_type=code&scope=openid`;
    const { told } = await ask(`/oauth/authorize?${query}`, { host: evil });
    expect(told).toContain("gh_flow=");
    expect(told).not.toMatch(/Domain=/i);
  });

  test("X-Forwarded-For of a stranger is not believed", async () => {
    const since = cluster().nodes.map(({ logged }) => logged.length);
    await ask("/oauth/authorize", { "x-forwarded-for": "203.0.113.7" });
    const logged = cluster().nodes.flatMap((node, at) => node.logged.slice(since[at]));
    expect(JSON.stringify(logged)).not.toContain("203.0.113.7");
  });
});

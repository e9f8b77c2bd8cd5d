/** Requests that hold a connection while they wait for a cached value must not wait for each other. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./testing/app.ts";
import { callback, createSamlTenant, postToken, samlSignIn } from "./testing/sign-in.ts";

const poolSize = 2;
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ GATEHOUSE_DATABASE_POOL: String(poolSize) });
});
afterAll(() => app.stop());

test("as many refreshes at once as the pool has connections, and more, with every cache empty", async () => {
  const tenant = await createSamlTenant(app);
  const tokens: string[] = [];
  for (let user = 0; user < poolSize * 3; user++) {
    const { answer } = await samlSignIn(app, tenant, { email: `user-${user}@${tenant.domain}` });
    const redeemed = await postToken(app, {
      grant_type: "authorization_code",
      code: answer.get("code") ?? "",
      redirect_uri: callback,
    });
    tokens.push(redeemed.body.refresh_token ?? "");
  }
  app.app.cache.dropAll();
  const answers = await Promise.all(
    tokens.map((refresh_token) => postToken(app, { grant_type: "refresh_token", refresh_token })),
  );
  expect(answers.map(({ status }) => status)).toEqual(tokens.map(() => 200));
});

/**
 * The provisioning quickstart: an app that makes accounts from webhooks, its endpoint registered over the API, and a
 * directory that an identity provider keeps in step by SCIM. Each account is waited for by the event that changes it.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ScalekitClient } from "@scalekit-sdk/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Account, type Accounts, createAccounts } from "../examples/provisioning/accounts.ts";
import { createApp, webhookPath } from "../examples/provisioning/app.ts";
import { registerEndpoint } from "../examples/provisioning/register.ts";
import { startSending } from "../packages/server/src/modules/webhooks/sending.ts";
import { RECORDED_STORIES } from "../packages/server/src/protocols/scim/recorded-stories.ts";
import { playStory } from "../packages/server/src/protocols/scim/stories.ts";
import { startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";
import { createScimClient } from "../packages/server/src/testing/scim.ts";

let app: TestApp;
let example: Server;
let exampleUrl: string;
let stopSending: () => Promise<void>;
const accounts = watched(createAccounts());

beforeAll(async () => {
  const { server, setSecret } = await startExample();
  example = server;
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  exampleUrl = `http://${host}`;
  app = await startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: host });
  stopSending = startSending(app.app, app.systemCtx);
  const { url: environmentUrl, clientId, clientSecret } = app;
  const secret = await registerEndpoint({ environmentUrl, clientId, clientSecret }, exampleUrl + webhookPath);
  setSecret(new ScalekitClient(environmentUrl, clientId, clientSecret), secret);
});

afterAll(async () => {
  await stopSending?.();
  await app?.stop();
  example?.close();
});

test("an Okta user gets an account, keeps it through changes, loses access and gets it back", async () => {
  const idp = await createScimClient(app);
  const story = RECORDED_STORIES.find(
    ({ provider, name }) => provider === "okta" && name === "user-lifecycle",
  );
  if (!story) throw new Error("the story is not recorded");
  const variables = { run: "e2e", base: idp.base, domain: "acme.test" };
  const played = playStory(story, variables, ({ method, path, headers, body }) =>
    idp.send(method, path, body, headers),
  );
  const afterwards: Record<string, Partial<Account>> = {
    "Creates the user": { name: "Ada Story", isActive: true },
    "Puts the edited document back": { name: "Ada King", isActive: true },
    Deactivates: { name: "Ada King", isActive: false },
    "Brings the user back": { name: "Ada King", isActive: true },
    "Removes ada": { name: "Ada King", isActive: false },
  };
  let steps = 0;
  for await (const { step, problem } of played) {
    expect(problem).toBeUndefined();
    const wanted = afterwards[step.title];
    if (!wanted) continue;
    steps += 1;
    const account = await accounts.until(
      ({ email, name, isActive }) =>
        email === "ada.e2e@acme.test" && name === wanted.name && isActive === wanted.isActive,
    );
    expect(account.organizationId).toBe(idp.organizationId);
  }
  expect(steps).toBe(Object.keys(afterwards).length);
  expect(accounts.outcomes("ada.e2e@acme.test")).toEqual(
    expect.arrayContaining(["created", "updated", "deactivated"]),
  );
});

test("somebody hired on the simulator's page has an account with a group at once, and no access after leaving", async () => {
  await press("hire:ada");
  const hired = await accounts.until((each) => each.email === "ada@example.com" && each.groups.length > 0);
  expect(hired).toMatchObject({ name: "Ada Park", isActive: true, groups: ["Engineering"] });
  await press("move:ada");
  await accounts.until((each) => each.email === hired.email && each.groups.join() === "Sales");
  await press("leave:ada");
  await accounts.until((each) => each.email === hired.email && !each.isActive);
  await press("return:ada");
  const back = await accounts.until((each) => each.email === hired.email && each.isActive);
  expect(back.id).toBe(hired.id);
  expect(await (await fetch(exampleUrl)).text()).toContain("Ada Park");
});

test("an address that the operator did not allow is refused, naming the setting and the value", async () => {
  const { url: environmentUrl, clientId, clientSecret } = app;
  const refused = registerEndpoint({ environmentUrl, clientId, clientSecret }, "http://localhost:9/hook");
  await expect(refused).rejects.toThrow(/answered 400: .*"localhost:9" in GATEHOUSE_OUTBOUND_ALLOW/);
});

async function press(happening: string): Promise<void> {
  const body = new URLSearchParams({ happening });
  const answer = await fetch(`${app.url}/simulator/scim`, { method: "POST", body });
  expect(await answer.text()).toContain("as expected.");
}

/** Listens before the app can be made: Gatehouse must know its address, and it the secret that Gatehouse gives. */
async function startExample() {
  let handle: ReturnType<typeof createApp> | undefined;
  const server = createServer((request, response) => handle?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    server,
    setSecret: (scalekit: ScalekitClient, secret: string) => {
      handle = createApp({ scalekit, secret, accounts });
    },
  };
}

interface Watched extends Accounts {
  /** Such an account, now or as soon as there is one. */
  until(of: (account: Account) => boolean): Promise<Account>;
  /** What events have done to an account, in order. */
  outcomes(email: string): string[];
}

/** The example's accounts, which can be waited for. */
function watched(inner: Accounts): Watched {
  const done: { email: string; outcome: string }[] = [];
  let change = Promise.withResolvers<void>();
  return {
    list: inner.list,
    apply(event) {
      const outcome = inner.apply(event);
      done.push({ email: event.data.email, outcome });
      change.resolve();
      change = Promise.withResolvers<void>();
      return outcome;
    },
    async until(of) {
      for (;;) {
        const found = inner.list().find(of);
        if (found) return found;
        await change.promise;
      }
    },
    outcomes: (email) => done.filter((each) => each.email === email).map(({ outcome }) => outcome),
  };
}

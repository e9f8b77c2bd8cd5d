/** A key roll-over at the identity provider that two nodes meet at the same moment. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pemBody } from "../../protocols/saml/certificate.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { patchConnection } from "../../testing/connections.ts";
import { testKey } from "../../testing/saml-idp.ts";
import { beginSaml, issueEdited } from "../../testing/saml-leg.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";
import { beginTrace } from "../traces/trace.ts";
import { known } from "./remembered.ts";
import * as saml from "./saml.ts";

let app: TestApp;
let b: TestApp;
let publisher: Server;
let base: string;
let metadata = "";
/** Resolves when the metadata is asked for; the answer waits for `answer`. */
let asked = Promise.withResolvers<void>();
let answer = Promise.resolve();

beforeAll(async () => {
  publisher = createServer((_request, response) => {
    asked.resolve();
    void answer.then(() => response.end(metadata));
  });
  await new Promise<void>((resolve) => publisher.listen(0, "localhost", resolve));
  base = `http://localhost:${(publisher.address() as AddressInfo).port}`;
  const env = { GATEHOUSE_OUTBOUND_ALLOW: new URL(base).host };
  app = await startTestApp(env);
  b = await startTestApp({
    ...env,
    DATABASE_URL: app.databaseUrl,
    GATEHOUSE_DATA: app.app.config.dataDir,
    GATEHOUSE_URL: app.url,
  });
});
afterAll(async () => {
  await b.stop();
  await app.stop();
  publisher.closeAllConnections();
  publisher.close();
});

test("a roll-over met on two nodes at once fails nobody", async () => {
  const rolling = await createSamlTenant(app);
  metadata = rolling.idp.metadataXml;
  await patchConnection(app, rolling, {
    type: "SAML",
    configuration_type: "DISCOVERY",
    saml_config: { idp_metadata_url: `${base}/m` },
  });
  b.app.cache.dropAll();
  app.advance(600);
  b.advance(600);
  const next = testKey("the next key");
  metadata = metadata.replace(
    /(<X509Certificate[^>]*>)[^<]*/,
    (_, tag: string) => tag + pemBody(next.certificate),
  );
  const judgeAt = async (node: TestApp) => {
    const leg = await beginSaml(app, rolling);
    const response = await issueEdited(app, rolling, leg, (xml) => xml, next.privateKey);
    const ctx = node.systemCtx();
    const connection = (await known.remember(ctx, rolling.connectionId))?.connection;
    if (!connection) throw new Error("no connection");
    const inResponseTo = /InResponseTo="([^"]+)"/.exec(Buffer.from(response, "base64").toString())?.[1];
    return () =>
      saml.verify(ctx, connection, { response, inResponseTo }, beginTrace("sign_in", connection)).then(
        () => "verified",
        (error) => error.code,
      );
  };
  const [first, second] = [await judgeAt(app), await judgeAt(b)];
  asked = Promise.withResolvers();
  const gate = Promise.withResolvers<void>();
  answer = gate.promise;
  const one = first();
  await asked.promise;
  const two = second();
  gate.resolve();
  expect(await Promise.all([one, two])).toEqual(["verified", "verified"]);
});

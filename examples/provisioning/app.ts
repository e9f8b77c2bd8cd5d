/**
 * The provisioning quickstart as an app: an endpoint that makes accounts from what the customers' directories send, and
 * a page that shows them. Read this file and `accounts.ts` to copy from.
 */
import type { ScalekitClient } from "@scalekit-sdk/node";
import express from "express";
import { type Accounts, createAccounts, type DirectoryEvent } from "./accounts.ts";
import { accountsPage } from "./page.ts";

export interface AppOptions {
  scalekit: ScalekitClient;
  /** The webhook endpoint's signing secret, `whsec_…`. */
  secret: string;
  accounts?: Accounts;
  /** The page of Gatehouse's simulated identity provider, to link to. */
  simulatorUrl?: string;
}

/** Where Gatehouse delivers events. */
export const webhookPath = "/api/webhook/user-access";

/** Builds the app; `server.ts` listens on it, a test mounts it. */
export function createApp(options: AppOptions): express.Express {
  const { scalekit, secret, accounts = createAccounts(), simulatorUrl } = options;
  const app = express();
  app.disable("x-powered-by");
  // The signature covers the bytes as they came, so the body is not parsed before it is checked.
  app.post(webhookPath, express.text({ type: "application/json", limit: "1mb" }), (request, response) => {
    const payload: string = typeof request.body === "string" ? request.body : "";
    try {
      scalekit.verifyWebhookPayload(secret, request.headers as Record<string, string>, payload);
    } catch {
      response.status(400).json({ error: "Invalid signature" });
      return;
    }
    const outcome = accounts.apply(JSON.parse(payload) as DirectoryEvent);
    response.status(201).json({ account: outcome });
  });
  app.get("/accounts", (_request, response) => void response.json(accounts.list()));
  app.get("/style.css", (_request, response) =>
    response.sendFile("style.css", { root: `${import.meta.dirname}/../express` }),
  );
  app.get("/", (_request, response) => {
    response.send(accountsPage(accounts.list(), simulatorUrl).markup);
  });
  return app;
}

/**
 * A user for programs in other languages, which bring no browser: they post an address, and it goes there, signs in
 * at the simulated identity provider where that is asked for, and answers with the address at which it stopped.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Browser, describePage, type Page } from "./browser.ts";
import { APP } from "./gatehouse.ts";
import type { Running } from "./processes.ts";
import { newBrowser } from "./sign-in.ts";

/** Who signs in at the simulator, which believes whoever says who they are. */
const PERSON = { mailbox: "ada@example.com", first_name: "Ada", last_name: "Park" };

/** Starts it on loopback; one browser is kept until `DELETE` asks for a new one. */
export async function startScriptedUser(): Promise<Running & { url: string }> {
  let browser = newBrowser();
  const answer = async (request: IncomingMessage) => {
    if (request.method === "DELETE") browser = newBrowser();
    return request.method === "POST" ? visit(browser, await text(request)) : "";
  };
  const server = createServer(async (request, response) => {
    try {
      response.end(await answer(request));
    } catch (error) {
      response.writeHead(500).end((error as Error).message);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}`, stop };
}

/** What the user does at the page of the simulated OpenID provider. */
export function logInAtSimulator(browser: Browser, page: Page): Promise<Page> {
  return browser.submit(page, PERSON);
}

async function visit(browser: Browser, address: string): Promise<string> {
  const page = await browser.open(address, APP);
  const end = isSimulator(page) ? await logInAtSimulator(browser, page) : page;
  if (!end.url.startsWith(APP)) throw new Error(`stopped at ${describePage(end)}`);
  return end.url;
}

function isSimulator({ url }: Page): boolean {
  return new URL(url).pathname.startsWith("/simulator/");
}

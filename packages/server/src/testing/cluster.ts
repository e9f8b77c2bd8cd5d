/**
 * Two whole servers on one database behind a balancer, as an operator runs them. A test sees one server under one
 * address; which of the two answers a request is the balancer's choice.
 */
import { Agent, createServer, request, type Server } from "node:http";
import { afterAll, beforeAll, describe } from "vitest";
import { freePort, startTestApp, type TestApp } from "./app.ts";

/** "two nodes" sends each request to the other node than the one before it. */
export type Layout = "one node" | "two nodes";

export interface TestCluster extends TestApp {
  /** What a test bends inside of a server, it bends in each of them. */
  nodes: readonly [TestApp, TestApp];
  route(layout: Layout): void;
}

/**
 * Registers the cases twice, against one node and against both in turn, on servers of their own.
 * @param cases registers tests; the cluster is there once they run
 * @param env settings over the test's own
 */
export function onOneNodeAndTwo(
  cases: (cluster: () => TestCluster) => void,
  env: () => Record<string, string> | Promise<Record<string, string>> = () => ({}),
): void {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startTestCluster(await env());
  });
  afterAll(() => cluster.stop());
  describe.each<Layout>(["one node", "two nodes"])("%s", (layout) => {
    beforeAll(() => cluster.route(layout));
    cases(() => cluster);
  });
}

/**
 * Starts both servers and the balancer. The management API is called at the first one.
 * @param env settings over the test's own
 */
export async function startTestCluster(env: Record<string, string> = {}): Promise<TestCluster> {
  const port = await freePort();
  const settings = { ...env, GATEHOUSE_URL: `http://localhost:${port}` };
  const first = await startTestApp(settings);
  const second = await startTestApp({
    ...settings,
    DATABASE_URL: first.databaseUrl,
    GATEHOUSE_DATA: first.app.config.dataDir,
  });
  let ports = [first.port];
  const balancer = await startBalancer(port, () => ports);
  return {
    ...first,
    nodes: [first, second],
    port,
    route(layout) {
      ports = layout === "one node" ? [first.port] : [first.port, second.port];
    },
    advance(seconds) {
      first.advance(seconds);
      second.advance(seconds);
    },
    async api(path, init) {
      const answer = await first.api(path, init);
      // How fast a change reaches the caches of another node is a matter of two-servers.test.ts.
      if (init?.body !== undefined || init?.method !== undefined) second.app.cache.dropAll();
      return answer;
    },
    async stop() {
      await balancer.stop();
      await second.stop();
      await first.stop();
    },
  };
}

async function startBalancer(port: number, ports: () => number[]): Promise<{ stop(): Promise<void> }> {
  // An idle connection goes before the server closes it, which could be in the moment that it is used again.
  const agent = new Agent({ keepAlive: true, timeout: 1_000 });
  let turn = 0;
  const server: Server = createServer((asked, answered) => {
    const chosen = ports()[turn++ % ports().length];
    const { method = "GET", url = "/", headers } = asked;
    // The Host header goes on as it came: it is what selects an environment.
    const forwarded = request(
      { host: "127.0.0.1", port: chosen, method, path: url, headers, agent },
      (answer) => {
        answered.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(answered);
      },
    );
    forwarded.on("error", () => answered.destroy());
    asked.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    },
  };
}

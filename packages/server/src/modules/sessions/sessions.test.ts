/** Which sessions an identity provider's names mean. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { endByUpstream } from "./sessions.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

test.each([[{}], [{ sessions: [] }]])(
  "nobody is named by %j, which does not mean everybody",
  async (names) => {
    await expect(endByUpstream(app.systemCtx(), "conn_1", names)).rejects.toThrow(RangeError);
  },
);

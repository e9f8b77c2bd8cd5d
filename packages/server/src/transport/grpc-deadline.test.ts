import { describe, expect, test } from "vitest";
import { withinDeadline } from "./grpc-deadline.ts";

const never = () => new Promise<never>(() => undefined);

test.each(["5m", "5000u", "5000000n", "0S"])("ends work that takes longer than %s", async (timeout) => {
  await expect(withinDeadline({ "grpc-timeout": timeout }, never)).rejects.toMatchObject({
    status: "DEADLINE_EXCEEDED",
  });
});

test.each([undefined, "1H", "60M", "30S", "99999999H"])(
  "lets work end that takes less: %s",
  async (timeout) => {
    const headers = timeout === undefined ? {} : { "grpc-timeout": timeout };
    expect(await withinDeadline(headers, async () => "done")).toBe("done");
    await expect(withinDeadline(headers, () => Promise.reject(new Error("why")))).rejects.toThrow("why");
  },
);

describe("refuses a time that cannot be read", () => {
  test.each(["", "1", "S", "-1S", "1.5S", "123456789S", "1s", "1S, 2S"])('"%s"', async (timeout) => {
    await expect(withinDeadline({ "grpc-timeout": timeout }, never)).rejects.toMatchObject({
      status: "INVALID_ARGUMENT",
    });
  });
});

import { expect, it } from "vitest";
import { RawClient, startTestIngress } from "./testing.ts";

const REUSE = { WAYBILL_SMTP_REUSE_PORT: "true", WAYBILL_TLS: "false" };

it("listens where another that shares its port listens, and takes its clients when that one has gone", async () => {
  const first = await startTestIngress(REUSE);
  const second = await startTestIngress(REUSE, { smtpPort: first.port });
  try {
    expect(second.port).toBe(first.port);
    await first.drain();
    const client = await RawClient.to(second.port);
    expect(await client.reply()).toMatch(/^220 /);
  } finally {
    await second.drain();
  }
});

it("does not listen where another listens, unless both share", async () => {
  const first = await startTestIngress({ WAYBILL_TLS: "false" });
  try {
    await expect(startTestIngress(REUSE, { smtpPort: first.port })).rejects.toThrow("is taken");
  } finally {
    await first.drain();
  }
});

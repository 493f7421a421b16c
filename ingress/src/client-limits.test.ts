import { readConfig } from "@waybill/runtime";
import { describe, expect, it } from "vitest";
import { ClientLimits } from "./client-limits.ts";

const limits = (settings: Record<string, string> = {}) => new ClientLimits(readConfig(settings));
const MINUTE = 60_000;

describe("connections at once", () => {
  it("are counted in all, and given back", () => {
    const given = limits({ WAYBILL_SMTP_MAX_CONNECTIONS: "2" });
    expect(given.enter("127.0.0.1")).toBeUndefined();
    expect(given.enter("192.0.2.1")).toBeUndefined();
    expect(given.enter("192.0.2.2")?.enhanced).toBe("4.3.2");
    given.leave("192.0.2.1");
    expect(given.enter("192.0.2.2")).toBeUndefined();
  });

  it("are counted for each client, 100 of them unless it is set", () => {
    const given = limits();
    for (let at = 0; at < 100; at += 1) expect(given.enter("192.0.2.1")).toBeUndefined();
    expect(given.enter("192.0.2.1")).toMatchObject({ code: 421, enhanced: "4.7.0" });
    expect(given.enter("192.0.2.2")).toBeUndefined();
  });

  it("of loopback have no limit of their own unless it is set", () => {
    const free = limits();
    for (let at = 0; at < 200; at += 1) expect(free.enter("::1")).toBeUndefined();
    const set = limits({ WAYBILL_SMTP_MAX_CONNECTIONS_PER_CLIENT: "1" });
    expect(set.enter("127.0.0.1")).toBeUndefined();
    expect(set.enter("127.0.0.1")?.code).toBe(421);
  });
});

describe("messages a minute", () => {
  it("are counted exactly, for each client and each minute", () => {
    const given = limits({ WAYBILL_SMTP_MAX_MESSAGES_PER_CLIENT: "2" });
    expect(given.message("192.0.2.1", 10 * MINUTE)).toBeUndefined();
    expect(given.message("192.0.2.1", 10 * MINUTE + 1)).toBeUndefined();
    expect(given.message("192.0.2.1", 11 * MINUTE - 1)).toMatchObject({ code: 450 });
    expect(given.message("192.0.2.2", 11 * MINUTE - 1)).toBeUndefined();
    expect(given.message("192.0.2.1", 11 * MINUTE)).toBeUndefined();
  });
});

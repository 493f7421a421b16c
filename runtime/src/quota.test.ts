import type { Limits } from "@waybill/schemas";
import { describe, expect, it } from "vitest";
import { Directory } from "./directory.ts";
import { LogUnavailable } from "./log.ts";
import { findExhausted, quotasAt, quotasOf, reserve, type Quota } from "./quota.ts";
import { MemoryCounters } from "./testing/memory.ts";

const now = new Date("2026-11-21T15:30:00.000Z");
const LIMITS: Limits = { kind: "limits", id: "limits", monthly: 100, perCredential: { hourly: 2 } };

function directoryWith(limits: Limits | null): Directory {
  const directory = new Directory();
  const change = { time: now.toISOString(), actor: "test", reason: "test" };
  const credential = { kind: "credential", id: "app", username: "app", hash: "" } as const;
  directory.apply({ tenant: "t", kind: "limits", id: "limits", entity: limits, ...change });
  directory.apply({ tenant: "t", kind: "credential", id: "app", entity: credential, ...change });
  return directory;
}

const quotas = quotasOf(directoryWith(LIMITS), { tenant: "t", credential: "app" }, now);
const counts = (counters: MemoryCounters) => Object.fromEntries(counters.totals);
const [MONTH, HOUR] = ["limit.t.tenant.2026-11", "limit.t.credential_3aapp.2026-11-21T15"];

/** Counters that do not answer for one subject. */
class HalfAway extends MemoryCounters {
  override add(...[tenant, subject, window, n]: Parameters<MemoryCounters["add"]>) {
    if (subject !== "tenant") return Promise.reject(new LogUnavailable("a test"));
    return super.add(tenant, subject, window, n);
  }
}

describe("the limits of a sender", () => {
  it("are those of the tenant and of the credential, in the window of now", () => {
    expect(quotas.map(({ scope, max, window }) => [scope, max, window.name])).toEqual([
      ["tenant", 100, "2026-11"],
      ["credential", 2, "2026-11-21T15"],
    ]);
  });

  it("are none of a tenant without limits, and of one whose limits were taken away", () => {
    expect(quotasOf(directoryWith(LIMITS), { tenant: "other" }, now)).toEqual([]);
    expect(quotasOf(directoryWith(null), { tenant: "t", credential: "app" }, now)).toEqual([]);
  });
});

describe("a reservation", () => {
  it("counts for every limit, and is given back from every one", async () => {
    const counters = new MemoryCounters();
    const kept = await reserve(counters, quotas);
    expect(counts(counters)).toEqual({ [MONTH]: 1, [HOUR]: 1 });
    if ("giveBack" in kept) await kept.giveBack();
    expect(counts(counters)).toEqual({ [MONTH]: 0, [HOUR]: 0 });
  });

  it("that is over one limit counts for none, and says which", async () => {
    const counters = new MemoryCounters();
    for (let at = 0; at < 2; at += 1) await reserve(counters, quotas);
    expect(await findExhausted(counters, quotas)).toMatchObject({ scope: "credential" });
    expect(await reserve(counters, quotas)).toMatchObject({
      over: { scope: "credential", max: 2 },
    });
    expect(counts(counters)).toEqual({ [MONTH]: 2, [HOUR]: 2 });
  });

  it("begins anew in the next window", async () => {
    const counters = new MemoryCounters();
    for (let at = 0; at < 2; at += 1) await reserve(counters, quotas);
    const [, { window } = {} as Quota] = quotas;
    const later = quotasAt("t", quotas, window.endsAt);
    expect(await findExhausted(counters, later)).toBeUndefined();
    expect(await reserve(counters, later)).toHaveProperty("giveBack");
  });

  it("that one counter does not take fails, and counts for no other", async () => {
    const counters = new HalfAway();
    await expect(reserve(counters, quotas)).rejects.toThrow(LogUnavailable);
    expect(counts(counters)).toEqual({ [MONTH]: 0 });
  });
});

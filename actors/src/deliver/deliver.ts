import type {
  BodyStore,
  Delivery,
  Directory,
  Handle,
  Log,
  Logger,
  ReturnPaths,
} from "@waybill/runtime";
import type { Provider as Settings, Routes, WorkEvent } from "@waybill/schemas";
import type { Breakers } from "../breaker/breakers.ts";
import type { Sign } from "../dkim/sign.ts";
import type { Provider } from "../providers/provider.ts";
import { holdBack, holdsBackRedirect } from "../suppression/hold-back.ts";
import { attemptDelivery } from "./attempt.ts";
import { endedUnsaid, openRecipients } from "./decide.ts";
import { end } from "./end.ts";
import { plansOf, waysOf, type Plan } from "./plan.ts";

/** What delivery is given; the clock and chance included. */
export type Neighbours = {
  events: Log;
  bodies: BodyStore;
  directory: Routes<Settings> & Pick<Directory, "lastSeq" | "find" | "count">;
  /** A keyed hash: suppressions of erased addresses are known by it. */
  hash: (text: string) => string;
  providers: { get(owner: string, settings: Settings): Provider };
  breakers: Pick<Breakers, "lets" | "pass" | "pauseOf" | "wakeIfClosed">;
  /** The provider that the operator named in the environment. */
  environment?: Settings | undefined;
  /** The sender addresses of tenants whose mail comes back to us; without, nobody has one. */
  returnPaths?: ReturnPaths;
  /** Signs what providers that keep it as it is are given; without, nothing is signed. */
  sign?: Sign;
  log: Logger;
  /** Aborted, with an error that says why, when this process stops and waits for no answer any longer. */
  stopping?: AbortSignal;
  /** Milliseconds since 1970. */
  now: () => number;
  random: () => number;
};

async function carryOut(to: Neighbours, work: WorkEvent, { way, recipients }: Plan): Promise<void> {
  switch (way.action) {
    case "send":
      if (await holdsBackRedirect(to, work, way.route, recipients)) return;
      return attemptDelivery(to, work, waysOf(way), recipients);
    case "reject": {
      const { reason: detail, route } = way;
      return end(to, work, { recipients, reason: "rejected", detail, route });
    }
    case "none": {
      if (isUnheardOf(to, work)) throw new Error("its tenant is not known here yet");
      const detail = "no provider is configured for this tenant";
      return end(to, work, { recipients, reason: "no_route", detail, route: way.route });
    }
  }
}

/**
 * Whether a tenant was there and is not any more: what it said of its mail, where all of it is to go
 * instead included, is gone with it. One that nobody has heard of may be new, and its fact on its way.
 */
const isDeleted = ({ directory }: Neighbours, tenant: string): boolean =>
  directory.tenant(tenant) === undefined && directory.lastSeq(tenant, "tenant", tenant) > 0;

/** Milliseconds for which who delivers may not have heard of what the door knew: each reads the configuration for itself. */
const HEARSAY = 10 * 60_000;

/** Whether a mail may have overtaken the fact of its tenant. */
const isUnheardOf = ({ directory, now }: Neighbours, { tenant, time }: WorkEvent): boolean =>
  directory.lastSeq(tenant, "tenant", tenant) === 0 && now() - Date.parse(time) < HEARSAY;

/** Resolves or rejects when all have ended, so that none goes on behind an item that was put back. */
async function allEnded(works: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(works);
  const failed = results.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/**
 * Delivers a work item: to the recipients that are still open, each by the way its tenant's routing
 * says; resolves when every outcome is recorded. Rejects, and so puts the item back, only while
 * something was not sent; what was sent is recorded by then.
 */
export function makeDeliver(to: Neighbours): Handle {
  return async ({ work, known }: Delivery) => {
    const unsaid = endedUnsaid(work, known);
    const ambiguous = { reason: "ambiguous", detail: "no reply to the message" } as const;
    if (unsaid.length > 0) await end(to, work, { recipients: unsaid, ...ambiguous });
    const open = openRecipients(work, known).filter((one) => !unsaid.includes(one));
    if (open.length > 0 && isDeleted(to, work.tenant))
      return end(to, work, {
        recipients: open,
        reason: "tenant_deleted",
        detail: "it was deleted",
      });
    const recipients = await holdBack(to, work, open);
    const plans = plansOf(work, recipients, to.directory, to.environment);
    await allEnded(plans.map((plan) => carryOut(to, work, plan)));
  };
}

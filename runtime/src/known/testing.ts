import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type {
  DeadLettered,
  DeliveryFailed,
  MessageAccepted,
  RecipientsDelivered,
  RetryDue,
} from "@waybill/schemas";

const TIME = "2026-01-01T00:00:00.000Z";
const OPEN = "b@y.test";
const trace = { time: TIME, traceId: "0".repeat(32) };

/** Makers of what the log holds of a message of a tenant. */
export function events(tenant: string) {
  const work = (messageId: string, attempt: number) => ({
    messageId,
    tenant,
    ...trace,
    attempt,
    rung: attempt - 1,
    envelope: { from: "a@x.test", recipients: [OPEN], utf8: false },
    body: { store: "jetstream" as const, chunks: [1], size: 1, sha256: "" },
    routing: { tags: [], fields: {} },
  });
  const attempted = (messageId: string, attempt: number) => ({
    messageId,
    tenant,
    ...trace,
    attempt,
    provider: { id: "p", kind: "smtp" },
    route: { because: "test", owner: "tenant" as const },
    durationMs: 1,
  });
  const accepted = (messageId: string): MessageAccepted => ({
    type: "accepted",
    ...work(messageId, 1),
    submission: { protocol: "smtp", address: "127.0.0.1", helo: "x", tls: false },
    header: { from: "", subject: "", messageId: "" },
  });
  const due = (messageId: string, attempt: number, times = 0): RetryDue => ({
    type: "due",
    ...work(messageId, attempt),
    ...(times > 0 && { waiting: { times, for: ["p"] } }),
  });
  const delivered = (messageId: string, attempt = 1, recipient = OPEN): RecipientsDelivered => ({
    type: "delivered",
    ...attempted(messageId, attempt),
    outcomes: [{ recipient, class: "accepted", response: "250" }],
  });
  const failed = (messageId: string, attempt = 1): DeliveryFailed => ({
    type: "failed",
    ...attempted(messageId, attempt),
    retryAt: TIME,
    outcomes: [{ recipient: OPEN, class: "retry", response: "450" }],
  });
  const dead = (messageId: string, detail = ""): DeadLettered => ({
    type: "deadlettered",
    messageId,
    tenant,
    ...trace,
    attempt: 1,
    reason: "refused",
    recipients: [OPEN],
    detail,
  });
  return { accepted, due, delivered, failed, dead };
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Octets of the heap that are in use once garbage is collected. */
export function heapInUse(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

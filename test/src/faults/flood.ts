import { Readable } from "node:stream";
import {
  makeLog,
  makeLogger,
  newMessageId,
  newTraceId,
  type Nats,
  openBodies,
  readConfig,
} from "@waybill/runtime";
import { laneOf, type MessageAccepted } from "@waybill/schemas";
import { testMessage } from "../mail/message.ts";

/** Lanes of a relay that was not told otherwise. */
const LANES = 16;

/** Appends on their way at once. */
const AT_ONCE = 256;

/** A tenant's name, other than this one's, whose mail goes through the same lane. */
export function neighbourOf(tenant: string): string {
  for (let number = 1; ; number += 1) {
    const slug = `neighbour-${number}`;
    if (laneOf(slug, LANES) === laneOf(tenant, LANES)) return slug;
  }
}

/** A tenant's name of each lane. */
export function tenantsOfLanes(): string[] {
  const tenants: string[] = [];
  for (let number = 1; Object.keys(tenants).length < LANES; number += 1)
    tenants[laneOf(`tenant-${number}`, LANES)] ??= `tenant-${number}`;
  return tenants;
}

/** Puts so many accepted mails of a tenant into the log, as the ingress does; they share one body. */
export async function flood(nats: Nats, tenant: string, mails: number): Promise<void> {
  const to = ["flood@sink.test"];
  const raw = testMessage({ id: "flood", from: "flood@submitter.test", to, size: 1024 });
  const owner = { tenant, messageId: newMessageId() };
  const log = makeLogger("silent", "flood");
  const bodies = openBodies({ config: readConfig({}), nats, log });
  const body = await bodies.write(owner, Readable.from([Buffer.from(raw)]));
  const events = makeLog(nats, LANES);
  let left = mails;
  const append = async () => {
    while (left-- > 0) await events.append(accepted(tenant, to, body));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, append));
}

function accepted(
  tenant: string,
  recipients: string[],
  body: MessageAccepted["body"],
): MessageAccepted {
  return {
    type: "accepted",
    messageId: newMessageId(),
    tenant,
    time: new Date().toISOString(),
    traceId: newTraceId(),
    attempt: 1,
    rung: 0,
    envelope: { from: "flood@submitter.test", recipients, utf8: false },
    body,
    routing: { tags: [], fields: {} },
    submission: { protocol: "smtp", address: "127.0.0.1", helo: "submitter.test", tls: false },
    header: { from: "flood@submitter.test", subject: "flood", messageId: "<flood@submitter.test>" },
  };
}

import { newMessageId } from "@waybill/runtime";
import { firstUlidOf, type MailEvent, type MessageAccepted, type Outcome } from "@waybill/schemas";
import { caughtUp, insertAudit, insertMessage } from "./rows.ts";
import type { Story } from "./story.ts";
import type { World } from "./world.ts";

const MINUTE = "2026-01-02T03:04:05.678Z";
const TRACE = "0".repeat(32);

/** As if it was made at that time. */
const idOf = (time: string) =>
  `${firstUlidOf(Date.parse(time)).slice(0, 10)}${newMessageId().slice(10)}`;

export async function acceptedOf(
  { deps }: World,
  tenant: string,
  story: Story,
): Promise<MessageAccepted> {
  const { sender = "app@a.test", subject = "Hello", recipients = [], acceptedAt = MINUTE } = story;
  const messageId = idOf(acceptedAt);
  const raw = [Buffer.from(story.raw ?? `Subject: ${subject}\r\n\r\nHello\r\n`)];
  const body = await deps.bodies.write({ tenant, messageId }, toAsync(raw));
  const from = /<(.+)>$/.exec(sender)?.[1] ?? sender;
  const envelope = { from, recipients: recipients.map((one) => one.address), utf8: true };
  const header = { from: sender, subject, messageId: `<${messageId}@a.test>` };
  const submission = { protocol: "smtp", address: "192.0.2.1", helo: "app", tls: true } as const;
  const base = { messageId, tenant, time: acceptedAt, traceId: TRACE, attempt: 1, rung: 0 };
  const routing = { tags: [], fields: story.fields ?? {} };
  return { type: "accepted", ...base, envelope, body, submission, header, routing };
}

async function* toAsync<T>(items: T[]): AsyncGenerator<T> {
  yield* items;
}

function outcomesOf({ messageId, tenant, traceId }: MessageAccepted, story: Story): MailEvent[] {
  const base = { messageId, tenant, time: MINUTE, traceId, attempt: 1 };
  const route = { rule: "all", because: "rule all: all mail", owner: "tenant" } as const;
  const provider = { id: "sandbox", kind: "sandbox" };
  const attempt = { ...base, provider, route, durationMs: 12.5 };
  return (story.recipients ?? []).flatMap(
    ({ address, status, reason = "refused" }): MailEvent[] => {
      const outcome = (kind: Outcome["class"], response: string): Outcome[] => [
        { recipient: address, class: kind, response },
      ];
      if (status === "queued") return [];
      if (status === "delivered")
        return [{ type: "delivered", ...attempt, outcomes: outcome("accepted", "250 ok") }];
      const failed = {
        type: "failed",
        ...attempt,
        outcomes: outcome("permanent_recipient", "550 no"),
      } as const;
      const dead: MailEvent = {
        type: "deadlettered",
        ...base,
        reason,
        recipients: [address],
        detail: "550 no",
      };
      return status === "dead" ? [failed, dead] : [failed];
    },
  );
}

/** Makes a message's history in the log, and the rows that projections would make of it. */
export async function tell(world: World, tenant: string, story: Story = {}): Promise<string> {
  const accepted = await acceptedOf(world, tenant, story);
  const seq = await world.deps.events.append(accepted);
  await insertMessage(world, accepted, seq, story);
  await insertAudit(world, accepted, seq);
  for (const event of outcomesOf(accepted, story)) {
    await insertAudit(world, event, await world.deps.events.append(event));
  }
  await caughtUp(world);
  return accepted.messageId;
}

import { z } from "zod";
import { bounced, suppressed } from "../bounce.ts";
import { link, type Reports, timeOf, type What, words } from "../report.ts";

const Failure = z.object({
  type: z.string().optional(),
  subType: z.string().optional(),
  message: z.string().optional(),
  reason: z.string().optional(),
  diagnosticCode: z.array(z.string()).optional(),
});
type Failure = z.infer<typeof Failure>;

const Event = z.object({
  type: z.string(),
  created_at: z.string(),
  data: z.object({
    to: z.array(z.string()).optional(),
    tags: z.object({ relay_id: z.string() }),
    bounce: Failure.optional(),
    suppressed: Failure.optional(),
    failed: Failure.optional(),
    click: z.object({ link: z.string().optional() }).optional(),
  }),
});
type Event = z.infer<typeof Event>;

const saidIn = (failure: Failure | undefined): string | undefined =>
  failure?.diagnosticCode?.[0] ?? failure?.message ?? failure?.reason;

function whatOf({ type, data }: Event): What | undefined {
  switch (type) {
    case "email.delivered":
      return { type: "confirmed" };
    case "email.delivery_delayed":
      return { type: "deferred", response: words(undefined) };
    case "email.bounced":
      return bounced({
        isHard: data.bounce?.type === "Permanent",
        response: saidIn(data.bounce),
      });
    case "email.suppressed":
      return suppressed(data.suppressed?.type === "Permanent", saidIn(data.suppressed));
    case "email.failed":
      return bounced({ isHard: false, response: saidIn(data.failed), category: "other" });
    case "email.complained":
      return { type: "complained" };
    case "email.opened":
      return { type: "opened", isMachine: false };
    case "email.clicked":
      return { type: "clicked", url: link(data.click?.link ?? ""), isMachine: false };
    default:
      return undefined;
  }
}

/** What Resend tells: one event, whose id is that of the call. Of several recipients it does not say which. */
export function parseResend(body: unknown, callId: string): Reports | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { data: event } = Event.safeParse(body);
  const what = event && whatOf(event);
  const at = timeOf(event?.created_at);
  if (event === undefined || what === undefined || at === undefined) return [undefined];
  const { to = [], tags } = event.data;
  const recipient = to.length === 1 ? to[0] : undefined;
  return [{ relayId: tags.relay_id, recipient, at, eventId: callId, what }];
}

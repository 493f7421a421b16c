import { z } from "zod";
import { bounced, suppressed } from "../bounce.ts";
import { eventIdOf, given, link, type Reports, timeOf, type What, words } from "../report.ts";

const Status = z.object({
  code: z.number().nullish(),
  message: z.string().nullish(),
  description: z.string().nullish(),
  "enhanced-code": z.string().nullish(),
});

const Event = z.object({
  event: z.string(),
  timestamp: z.number(),
  recipient: z.string().optional(),
  severity: z.string().optional(),
  reason: z.string().optional(),
  reject: z.object({ reason: z.string().optional() }).optional(),
  "delivery-status": Status.optional(),
  "user-variables": z.object({ relay_id: z.string() }),
  "client-info": z.object({ bot: z.string().nullish() }).nullish(),
  url: z.string().optional(),
});
type Event = z.infer<typeof Event>;
const Body = z.object({ "event-data": z.unknown() });

const saidIn = ({ "delivery-status": status }: Event): string | undefined =>
  status?.message || status?.description || undefined;

function failed(event: Event): What {
  const response = saidIn(event);
  const { severity, reason = "", "delivery-status": status } = event;
  if (severity === "temporary") return { type: "deferred", response: words(response) };
  if (reason.startsWith("suppress-")) return suppressed(reason === "suppress-bounce", response);
  const enhanced = status?.["enhanced-code"] ?? undefined;
  const isSoft = enhanced?.startsWith("4.") === true || String(status?.code ?? "").startsWith("4");
  return bounced({ isHard: !isSoft, response, status: enhanced });
}

function whatOf(event: Event): What | undefined {
  const isMachine = (event["client-info"]?.bot ?? "") !== "";
  switch (event.event) {
    case "delivered":
      return { type: "confirmed", ...given({ response: saidIn(event) && words(saidIn(event)) }) };
    case "failed":
      return failed(event);
    case "rejected":
      return bounced({ isHard: false, response: event.reject?.reason, category: "content" });
    case "opened":
      return { type: "opened", isMachine };
    case "clicked":
      return { type: "clicked", url: link(event.url ?? ""), isMachine };
    case "unsubscribed":
      return { type: "unsubscribed" };
    case "complained":
      return { type: "complained" };
    default:
      return undefined;
  }
}

/** What Mailgun tells: one event. Its id is that of the call, as its own is its own for a day only. */
export function parseMailgun(body: unknown, callId: string): Reports | undefined {
  const wrapped = Body.safeParse(body);
  if (!wrapped.success) return undefined;
  const { data } = Event.safeParse(wrapped.data["event-data"]);
  const what = data && whatOf(data);
  const at = timeOf((data?.timestamp ?? Number.NaN) * 1000);
  if (data === undefined || what === undefined || at === undefined) return [undefined];
  const relayId = data["user-variables"].relay_id;
  return [{ relayId, recipient: data.recipient, at, eventId: eventIdOf(callId), what }];
}

import { z } from "zod";
import { bounced, suppressed } from "../bounce.ts";
import {
  eventIdOf,
  given,
  link,
  type Report,
  type Reports,
  timeOf,
  type What,
  words,
} from "../report.ts";

const Event = z.object({
  event: z.string(),
  email: z.string(),
  timestamp: z.number(),
  sg_event_id: z.string().min(1),
  relay_id: z.string(),
  type: z.string().optional(),
  reason: z.string().optional(),
  response: z.string().optional(),
  status: z.string().optional(),
  url: z.string().optional(),
  sg_machine_open: z.boolean().optional(),
});
type Event = z.infer<typeof Event>;

function whatOf(event: Event): What | undefined {
  const { reason, response, status, type, url, sg_machine_open: isMachine = false } = event;
  switch (event.event) {
    case "deferred":
      return { type: "deferred", response: words(response ?? reason) };
    case "delivered":
      return { type: "confirmed", ...given({ response: response && words(response) }) };
    case "bounce":
      return type === "blocked"
        ? bounced({ isHard: false, response: reason, status, category: "reputation_block" })
        : bounced({ isHard: true, response: reason, status });
    case "dropped":
      return suppressed(/bounced|invalid/i.test(reason ?? ""), reason);
    case "open":
      return { type: "opened", isMachine };
    case "click":
      return { type: "clicked", url: link(url ?? ""), isMachine: false };
    case "spamreport":
      return { type: "complained" };
    case "unsubscribe":
    case "group_unsubscribe":
      return { type: "unsubscribed" };
    default:
      return undefined;
  }
}

function reportOf(item: unknown): Report | undefined {
  const { data } = Event.safeParse(item);
  const what = data && whatOf(data);
  const at = timeOf((data?.timestamp ?? Number.NaN) * 1000);
  if (data === undefined || what === undefined || at === undefined) return undefined;
  const { relay_id: relayId, email: recipient, sg_event_id: id } = data;
  return { relayId, recipient, at, eventId: eventIdOf(id), what };
}

/** What SendGrid's event webhook tells: an array of events. Undefined when it is none. */
export const parseSendgrid = (body: unknown): Reports | undefined =>
  Array.isArray(body) ? body.map(reportOf) : undefined;

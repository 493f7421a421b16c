import {
  DeliveryConfirmed,
  MailBounced,
  MailClicked,
  MailComplained,
  MailDeferred,
  MailOpened,
  RecipientUnsubscribed,
} from "@waybill/schemas/shapes";
import { z } from "zod";
import { Line } from "../../shapes/line.ts";
import { eventIdOf, type Report, type Reports, timeOf, type What } from "../report.ts";

const ours = { messageId: true, tenant: true, time: true, traceId: true, origin: true } as const;
const to = {
  recipient: Line.max(320).optional(),
  id: Line.min(1).max(200),
  messageId: Line.max(100),
};
const said = { response: Line.max(1000) };

/** The feedback of `docs/webhooks.md`, in the words of our own events. */
const Event = z.discriminatedUnion("type", [
  MailDeferred.omit(ours).extend({ ...to, ...said }),
  DeliveryConfirmed.omit(ours).extend({ ...to, response: said.response.optional() }),
  MailBounced.omit(ours).extend({ ...to, ...said, enhanced: Line.max(20).optional() }),
  MailComplained.omit(ours).extend({ ...to, feedbackType: Line.max(40).optional() }),
  MailOpened.omit(ours).extend(to),
  MailClicked.omit(ours).extend({ ...to, url: Line.max(2000) }),
  RecipientUnsubscribed.omit(ours).extend(to),
]);
const Body = z.object({ events: z.array(z.unknown()).min(1).max(1000) });

function reportOf(item: unknown): Report | undefined {
  const { data } = Event.safeParse(item);
  if (data === undefined) return undefined;
  const { id, messageId: relayId, recipient, at, ...rest } = data;
  const what: What = rest;
  const time = timeOf(at);
  return time === undefined
    ? undefined
    : { relayId, recipient, at: time, eventId: eventIdOf(id), what };
}

/** What our own contract tells: up to 1000 events. */
export function parseGeneric(body: unknown): Reports | undefined {
  const { data } = Body.safeParse(body);
  return data?.events.map(reportOf);
}

import type { FeedbackEvent } from "../feedback.ts";
import { type Erased, hidden, named, unquoted } from "./erased.ts";

/** What was told of a recipient without the erased: that it happened, and when. */
export function redactFeedback(event: FeedbackEvent, erased: Erased): FeedbackEvent {
  const isTheirs = hidden(event.recipient, erased);
  const text = (quoting: string) => (isTheirs ? "" : unquoted(quoting, erased));
  const who = {
    recipient: named(event.recipient, erased),
    origin: { ...event.origin, eventId: unquoted(event.origin.eventId, erased) },
  };
  switch (event.type) {
    case "deferred":
    case "bounced":
      return { ...event, ...who, response: text(event.response) };
    case "confirmed":
      return event.response === undefined
        ? { ...event, ...who }
        : { ...event, ...who, response: text(event.response) };
    case "clicked":
      return { ...event, ...who, url: text(event.url) };
    case "complained":
    case "opened":
    case "unsubscribed":
      return { ...event, ...who };
  }
}

import type { BodyRef, MessageAccepted, MessageRequeued, RetryDue, WorkEvent } from "../events.ts";
import { type Erased, ERASED_DOMAIN, named, unquoted } from "./erased.ts";
import { sendersOf } from "./senders.ts";

/** Where bytes were that are gone: nobody reads them without a hash. */
function gone(body: BodyRef): BodyRef {
  if (body.store !== "jetstream") return { ...body, sha256: "" };
  const { store, size, fallback } = body;
  return { store, chunks: [], size, sha256: "", ...(fallback && { fallback }) };
}

/** What every work item carries: its body is erased with it, and header fields may quote anybody. */
function carried({ envelope, body, routing }: WorkEvent, erased: Erased) {
  const { from, recipients, utf8 } = envelope;
  const fields = Object.fromEntries(Object.keys(routing.fields).map((field) => [field, ""]));
  return {
    envelope: {
      from: named(from, erased),
      recipients: recipients.map((one) => named(one, erased)),
      utf8,
    },
    body: gone(body),
    routing: { ...routing, fields },
  };
}

const PSEUDONYMS = new RegExp(
  String.raw`[\w-]+@${ERASED_DOMAIN.replace(".", String.raw`\.`)}`,
  "g",
);

/** The field From without the erased; the names of people go with their address. */
function redactFrom(from: string, erased: Erased): string {
  if (erased.isWhole) return "";
  const left = unquoted(from, erased);
  return left === from ? from : (left.match(PSEUDONYMS) ?? []).join(", ");
}

/** Who sent it is who handed it in, as far as we know: where from goes with them. */
function redactAccepted(event: MessageAccepted, erased: Erased): MessageAccepted {
  const { header, submission } = event;
  const isTheirs = erased.isWhole || sendersOf(event).some(erased.of);
  return {
    ...event,
    ...carried(event, erased),
    header: {
      from: redactFrom(header.from, erased),
      subject: "",
      messageId: erased.isWhole ? "" : unquoted(header.messageId, erased),
    },
    submission: isTheirs ? { ...submission, address: "", helo: "" } : submission,
  };
}

/** An item of work without the erased. */
export function redactWork(event: WorkEvent, erased: Erased): WorkEvent {
  switch (event.type) {
    case "accepted":
      return redactAccepted(event, erased);
    case "due":
      return { ...event, ...carried(event, erased) } satisfies RetryDue;
    case "requeued": {
      const reason = event.reason === undefined ? {} : { reason: unquoted(event.reason, erased) };
      return { ...event, ...carried(event, erased), ...reason } satisfies MessageRequeued;
    }
  }
}

import { comparedAddress, messageIdFor } from "@waybill/runtime";
import {
  dedupeId,
  isFeedback,
  isWork,
  type MailEvent,
  recipientsOf,
  sendersOf,
} from "@waybill/schemas";
import type { About } from "./about.ts";

/** Tells which messages an erasure is about, event by event in the order of the log. */
export class Whose {
  readonly #about: About;
  readonly #messages = new Set<string>();
  /** Addresses in events of these messages that go, as they are spelled there. */
  readonly spellings: Set<string>;

  constructor(about: About) {
    this.#about = about;
    this.spellings = new Set(about.spelled);
    if (about.messageId !== undefined) this.#messages.add(about.messageId);
  }

  /** Whether it is an event of a message that the erasure is about; a report on one is another. */
  has(event: MailEvent): boolean {
    const { isTheirs, messageId } = this.#about;
    const told = addressesIn(event);
    if (messageId === undefined && told.some(isTheirs)) this.#messages.add(event.messageId);
    if (!this.#messages.has(event.messageId)) return false;
    for (const address of told) this.#note(address);
    const isTold = messageId !== undefined || told.some(isTheirs);
    if (event.type === "deadlettered" && isTold) this.#messages.add(reportOn(event));
    return true;
  }

  #note(address: string): void {
    const goes = this.#about.messageId !== undefined || this.#about.isTheirs(address);
    if (goes && address !== "") this.spellings.add(address).add(comparedAddress(address));
  }
}

/** The id of the report to the sender, if one was made. */
const reportOn = (event: MailEvent): string => messageIdFor(dedupeId(event), new Date(event.time));

/** Who an event says the mail was for and from, and where it was redirected. */
function addressesIn(event: MailEvent): string[] {
  if (isWork(event)) return [...event.envelope.recipients, ...sendersOf(event)];
  const redirected = "route" in event ? event.route?.redirectedTo : undefined;
  const told = isFeedback(event) ? [event.recipient] : recipientsOf(event);
  return redirected === undefined ? told : [...told, redirected];
}

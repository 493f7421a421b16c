import { comparedAddress, messageIdFor } from "@waybill/runtime";
import { dedupeId, isFeedback, isWork, type MailEvent, recipientsOf } from "@waybill/schemas";
import type { ErasureCommand } from "../shapes/erasure.ts";

/** Tells which messages an erasure is about, event by event in the order of the log. */
export class Whose {
  readonly #command: ErasureCommand;
  readonly #address: string;
  readonly #messages = new Set<string>();
  /** Addresses in events of these messages that go, as they are spelled there. */
  readonly spellings = new Set<string>();

  constructor(command: ErasureCommand) {
    this.#command = command;
    this.#address = comparedAddress(command.recipient ?? "");
    if (command.messageId !== undefined) this.#messages.add(command.messageId);
    if (command.recipient !== undefined) this.spellings.add(command.recipient).add(this.#address);
  }

  /** Whether an address is the recipient's, in any spelling. */
  readonly isTheirs = (address: string): boolean =>
    this.#command.recipient !== undefined && comparedAddress(address) === this.#address;

  /** Whether it is an event of a message that the erasure is about; a report on one is another. */
  has(event: MailEvent): boolean {
    const told = addressesIn(event);
    if (told.some(this.isTheirs)) this.#messages.add(event.messageId);
    if (!this.#messages.has(event.messageId)) return false;
    for (const address of told) this.#note(address);
    const isTold = this.#command.messageId !== undefined || told.some(this.isTheirs);
    if (event.type === "deadlettered" && isTold) this.#messages.add(reportOn(event));
    return true;
  }

  #note(address: string): void {
    const goes = this.#command.messageId !== undefined || this.isTheirs(address);
    if (goes && address !== "") this.spellings.add(address);
  }
}

/** The id of the report to the sender, if one was made. */
const reportOn = (event: MailEvent): string => messageIdFor(dedupeId(event), new Date(event.time));

/** Who an event says the mail was for, and where it was redirected. */
function addressesIn(event: MailEvent): string[] {
  if (isWork(event)) return event.envelope.recipients;
  const redirected = "route" in event ? event.route?.redirectedTo : undefined;
  const told = isFeedback(event) ? [event.recipient] : recipientsOf(event);
  return redirected === undefined ? told : [...told, redirected];
}

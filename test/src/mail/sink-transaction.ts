import type { SecureContext } from "node:tls";
import { unstuff } from "./data-reader.ts";
import type { Credentials } from "./sink-auth.ts";
import type { SinkLedger } from "./sink-ledger.ts";
import type { countedPolicy, Stage } from "./sink-policy.ts";
import type { SinkWire } from "./sink-wire.ts";

/** What all sessions of a sink share. */
export interface SessionSettings {
  readonly ledger: SinkLedger;
  readonly policy: ReturnType<typeof countedPolicy> | undefined;
  readonly keepRaw: boolean;
  readonly delayMs: number;
  readonly secureContext: SecureContext | undefined;
  readonly auth: Credentials | undefined;
}

interface Envelope {
  readonly from: string;
  readonly parameters: string;
  readonly recipients: string[];
}

interface Circumstances {
  readonly envelope?: Envelope;
  readonly recipient?: string;
  readonly id?: string;
}

const HEADER_BYTES = 16_384;
const PATH = /^(?:FROM|TO):\s*<([^>]*)>\s*(.*)$/i;
const TEST_ID = /^x-test-id:(?:[ \t]|\r\n[ \t])*(\S+)/im;

/** MAIL, RCPT and DATA of one session, each answered as the policy says; the ledger keeps the end. */
export class SinkTransaction {
  readonly #wire: SinkWire;
  readonly #settings: SessionSettings;
  #envelope: Envelope | undefined;

  constructor(wire: SinkWire, settings: SessionSettings) {
    this.#wire = wire;
    this.#settings = settings;
  }

  /** A refusal in place of the greeting also closes. */
  greet(): void {
    const reply = this.#choose("connect", {}) ?? "220 sink.test ESMTP";
    if (!this.#obey(reply) && reply !== "hang") this.#wire.close();
  }

  reset(): void {
    this.#envelope = undefined;
  }

  mail(argument: string): void {
    if (this.#envelope) return this.#wire.say("503 5.5.1 Nested MAIL");
    const [, from, parameters = ""] = PATH.exec(argument) ?? [];
    if (from === undefined) return this.#wire.say("501 5.5.4 Syntax: MAIL FROM:<address>");
    this.#envelope = { from, parameters, recipients: [] };
    if (!this.#answer("mail", "250 2.1.0 Ok")) this.#envelope = undefined;
  }

  rcpt(argument: string): void {
    if (!this.#envelope) return this.#wire.say("503 5.5.1 MAIL first");
    const recipient = PATH.exec(argument)?.[1];
    if (!recipient) return this.#wire.say("501 5.5.4 Syntax: RCPT TO:<address>");
    if (this.#answer("rcpt", "250 2.1.5 Ok", { recipient })) {
      this.#envelope.recipients.push(recipient);
    }
  }

  data(): void {
    const envelope = this.#envelope;
    this.#envelope = undefined;
    if (!envelope?.recipients.length) return this.#wire.say("554 5.5.1 No valid recipients");
    if (!this.#answer("data", "354 End with <CRLF>.<CRLF>", { envelope })) return;
    const keep = this.#settings.keepRaw ? Infinity : HEADER_BYTES;
    this.#wire.readData(keep, (content) => this.#dot(envelope, content));
  }

  #dot(envelope: Envelope, content: Buffer): void {
    const { ledger, delayMs } = this.#settings;
    const id = testId(content);
    const reply =
      this.#choose("dot", { envelope, id }) ??
      `250 2.0.0 Ok: queued as sink-${ledger.received + 1}`;
    this.#record(reply, { id, content, ...envelope });
    if (delayMs === 0) this.#obey(reply);
    else this.#wire.hold(delayMs, () => this.#obey(reply));
  }

  #record(reply: string, mail: Envelope & { id: string; content: Buffer }): void {
    const { ledger, keepRaw } = this.#settings;
    const { content, ...rest } = mail;
    if (reply === "close" || reply === "hang") ledger.dropped += 1;
    if (!reply.startsWith("2")) return;
    ledger.accept(mail.id, mail.recipients);
    if (keepRaw) ledger.raws.push({ ...rest, raw: unstuff(content) });
  }

  /** Gives the policy's answer, else the usual one; true when the client may go on. */
  #answer(stage: Stage, usual: string, more: Circumstances = {}): boolean {
    return this.#obey(this.#choose(stage, more) ?? usual);
  }

  #choose(stage: Stage, more: Circumstances): string | undefined {
    const { envelope = this.#envelope, ...rest } = more;
    const { from = "", recipients = [] } = envelope ?? {};
    const { port } = this.#wire;
    return this.#settings.policy?.(stage, { port, from, recipients: [...recipients], ...rest });
  }

  #obey(reply: string): boolean {
    if (reply !== "close" && reply !== "hang") this.#wire.say(reply);
    if (reply === "hang") this.#wire.hold();
    else if (/^421|close$/.test(reply)) this.#wire.close();
    return /^[23]/.test(reply);
  }
}

function testId(content: Buffer): string {
  const end = content.indexOf("\r\n\r\n");
  const header = content.toString("latin1", 0, end < 0 ? content.length : end);
  return TEST_ID.exec(header)?.[1] ?? "";
}

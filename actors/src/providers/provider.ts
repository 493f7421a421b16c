import type { Readable } from "node:stream";
import type { Verdict } from "@waybill/runtime/outbound";
import type { Outcome } from "@waybill/schemas";

/** What a provider is asked to do. */
export type Attempt = {
  tenant: string;
  messageId: string;
  attempt: number;
  /** Envelope sender; empty for the null sender. */
  from: string;
  /**
   * The sender address for one recipient, where each has its own: a lane on which our MAIL FROM is what
   * the next hop sees asks for it, with a transaction for each recipient.
   */
  returnPath?: (recipient: string) => string;
  /** Envelope recipients still open; the header is not consulted. */
  recipients: readonly string[];
  /** Octets. */
  size: number;
  /** The raw message, as a fresh stream at each call. It fails before its end when the store's copy is damaged. */
  body: () => Readable;
  /**
   * Aborted, with an error that says why, when no answer is waited for any longer: what is out is
   * `ambiguous` at once, and what is not begun is not sent.
   */
  signal?: AbortSignal | undefined;
  /**
   * Called with what became of some as soon as it is known, by a provider that sends to the recipients in
   * several turns; what it resolves with names them again, and it throws nothing any more.
   */
  tell?: Tell | undefined;
};

export type Tell = (outcomes: readonly Outcome[]) => void;

/** One way out. One file each; `smtp.ts` is the model, `sandbox.ts` the smallest example. */
export interface Provider {
  readonly id: string;
  readonly kind: string;
  /**
   * Whether every octet that `body` gives reaches the next hop as it is, so that a signature over
   * them holds: a lane that takes the message apart, or rewrites its header, does not.
   */
  readonly keepsBytes: boolean;
  /**
   * Sends to all recipients of an attempt; resolves with one outcome for each of them, in any order.
   * What went wrong on the way is an outcome; only an error of the body's stream is thrown.
   */
  send(attempt: Attempt): Promise<Outcome[]>;
  /** Finishes what is being sent, then closes its connections. */
  close(): void;
}

/** A provider that is a service over HTTP, which can be asked after its account. */
export interface Service extends Provider {
  /** Asks without sending a mail; never rejects. */
  verify(): Promise<Verdict>;
}

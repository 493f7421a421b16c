import type { Readable } from "node:stream";
import type { Outcome } from "@waybill/schemas";
import type { Attempt } from "./provider.ts";
import { outcomeIn, outcomeOf, type Refusals, type Sent, type SmtpError } from "./smtp-outcomes.ts";

/** What is asked of reports, where the next hop makes them as asked (RFC 3461 4). */
export type Dsn = { return: "headers"; notify: string[]; recipient?: string };

/** The library notes in it which recipients were refused. */
type Envelope = Refusals & {
  from: string;
  to: string[];
  size: number;
  use8BitMime: boolean;
  dsn?: Dsn;
};

/** What the pool uses of a composed mail; ours has its bytes already. */
type RawMail = {
  data: { signal: AbortSignal };
  message: {
    getEnvelope(): Envelope;
    messageId(): string;
    /** Asked for as the mail is given to a connection. */
    getHeader(): string;
    createReadStream(): Readable;
  };
};

export type Pool = {
  send(mail: RawMail, done: (error: SmtpError | null, sent?: Sent) => void): void;
  close(): void;
};

/** Aborted when the time is over, which begins with a connection. */
type Time = { signal: AbortSignal; begin: () => void };

/** One transaction, for all recipients of an attempt. Only an error of the body's stream is thrown. */
export function transact(
  pool: Pool,
  { signal, begin }: Time,
  attempt: Attempt,
  dsn?: Dsn,
): Promise<Outcome[]> {
  const to = [...attempt.recipients];
  const { from, size } = attempt;
  let envelope: Envelope | undefined;
  let body: Readable | undefined;
  const message = {
    getEnvelope: () =>
      (envelope = { from, to: [...to], size, use8BitMime: true, ...(dsn && { dsn }) }),
    messageId: () => attempt.messageId,
    getHeader: () => {
      begin();
      return "";
    },
    createReadStream: () => (body = attempt.body()),
  };
  return new Promise((resolve, reject) => {
    pool.send({ data: { signal }, message }, (error, sent) => {
      const written = body?.readableEnded === true ? envelope : undefined;
      if (error?.code === "ESTREAM") reject(error);
      else if (error !== null) resolve(to.map((one) => outcomeOf(one, error, written)));
      else if (sent !== undefined) resolve(to.map((one) => outcomeIn(one, sent)));
    });
  });
}

import type { Readable } from "node:stream";
import type { BodyRef, BodyRefOf, BodyStoreName } from "@waybill/schemas";

/** The bytes of a message are gone, or are not those that were kept. */
export class BodyDamaged extends Error {
  constructor(why: string) {
    super(why);
    this.name = "BodyDamaged";
  }
}

/** Nobody can say whether the bytes are there: the store does not answer, or is not configured any more. */
export class BodyUnavailable extends Error {
  constructor(why: string, cause?: unknown) {
    super(why, { cause });
    this.name = "BodyUnavailable";
  }
}

/** A store did not take a body, and whoever catches this may keep it elsewhere: the source lost nothing. */
export class BodyNotKept extends Error {
  /** What the source gave so far and the rest of it; to be read once, to its end or not at all. */
  readonly again: AsyncIterable<Uint8Array>;

  constructor(cause: unknown, again: AsyncIterable<Uint8Array>) {
    super("the store does not take the body", { cause });
    this.name = "BodyNotKept";
    this.again = again;
  }
}

/** Whose bytes they are. */
export type BodyOwner = { tenant: string; messageId: string };

/** Keeps the raw bytes of messages, by reference, outside the event log. */
export interface BodyStore {
  /**
   * Keeps what a source yields, while it measures and hashes it; at most two chunks are in memory.
   * An error of the source is passed on, and what was kept of it is never referred to.
   * @throws LogUnavailable when no store takes it in time.
   */
  write(owner: BodyOwner, source: AsyncIterable<Uint8Array>): Promise<BodyRef>;
  /**
   * The bytes, in order, read as they are needed. The stream fails before its end, never after:
   * with BodyDamaged when something is missing or another tenant's, or the whole does not have the
   * size and hash promised; with LogUnavailable or BodyUnavailable when nobody can say.
   */
  read(tenant: string, ref: BodyRef): Readable;
}

/** One place where bodies are kept. */
export interface BodyKeeper<S extends BodyStoreName> {
  readonly store: S;
  /** Resolves when the bytes are durable. @throws BodyNotKept | LogUnavailable, or what the source throws */
  write(owner: BodyOwner, source: AsyncIterable<Uint8Array>): Promise<BodyRefOf<S>>;
  /** The bytes as they are kept, not compared with the reference. @throws BodyDamaged | BodyUnavailable | LogUnavailable */
  read(tenant: string, ref: BodyRefOf<S>): AsyncIterable<Uint8Array>;
}

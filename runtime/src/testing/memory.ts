import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { dedupeId, type BodyRef, type MailEvent, type RetryDue } from "@waybill/schemas";
import type { BodyStore } from "../bodies.ts";
import type { Log } from "../log.ts";

/** A body store in memory. `written` counts the octets it took, also of bodies nobody refers to. */
export class MemoryBodies implements BodyStore {
  readonly kept = new Map<number, Buffer>();
  written = 0;

  async write(_owner: unknown, source: AsyncIterable<Uint8Array>): Promise<BodyRef> {
    const hash = createHash("sha256");
    const chunks: Uint8Array[] = [];
    for await (const chunk of source) {
      this.written += chunk.length;
      hash.update(chunk);
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    const place = this.kept.size + 1;
    this.kept.set(place, bytes);
    return { store: "jetstream", chunks: [place], size: bytes.length, sha256: hash.digest("hex") };
  }

  read(_tenant: string, ref: BodyRef): Readable {
    return Readable.from([this.bytes(ref)]);
  }

  bytes(ref: BodyRef): Buffer {
    return this.kept.get(ref.chunks[0] ?? 0) ?? Buffer.alloc(0);
  }
}

/** A log in memory; an event appended again is one event. `fail`, when set, is what appending fails with. */
export class MemoryLog implements Log {
  readonly events: MailEvent[] = [];
  fail: Error | undefined;
  /** Told of each event and timer, in order. */
  heard: (what: string) => unknown = () => undefined;

  append(event: MailEvent): Promise<number> {
    if (this.fail !== undefined) return Promise.reject(this.fail);
    this.heard(event.type);
    const id = dedupeId(event);
    const known = this.events.findIndex((one) => dedupeId(one) === id);
    return Promise.resolve(known < 0 ? this.events.push(event) : known + 1);
  }

  /** Timers that nothing fires. */
  readonly timers: { due: RetryDue; at: Date }[] = [];

  schedule(due: RetryDue, at: Date): Promise<void> {
    this.heard("timer");
    this.timers.push({ due, at });
    return Promise.resolve();
  }
}

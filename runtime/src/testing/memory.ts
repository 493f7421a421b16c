import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  dedupeId,
  limitSubject,
  type BodyRef,
  type BodyRefOf,
  type MailEvent,
  type RetryDue,
} from "@waybill/schemas";
import type { BodyStore } from "../bodies/store.ts";
import type { Counters } from "../counters.ts";
import type { Log } from "../log.ts";
import type { Window } from "../windows.ts";

/** A body store in memory. `written` counts the octets it took, also of bodies nobody refers to. */
export class MemoryBodies implements BodyStore {
  readonly kept = new Map<number, Buffer>();
  written = 0;

  async write(_owner: unknown, source: AsyncIterable<Uint8Array>): Promise<BodyRefOf<"jetstream">> {
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
    const place = ref.store === "jetstream" ? ref.chunks[0] : undefined;
    return this.kept.get(place ?? 0) ?? Buffer.alloc(0);
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

/** Counters in memory. `fail`, when set, is what asking them fails with. */
export class MemoryCounters implements Counters {
  readonly totals = new Map<string, number>();
  fail: Error | undefined;

  add(tenant: string, subject: string, window: Window, n: number): Promise<number> {
    const counter = limitSubject(tenant, subject, window.name);
    return this.#unlessAway(() => {
      this.totals.set(counter, (this.totals.get(counter) ?? 0) + n);
      return this.totals.get(counter) ?? 0;
    });
  }

  read(tenant: string, subject: string, window: Window): Promise<number> {
    return this.#unlessAway(() => this.totals.get(limitSubject(tenant, subject, window.name)) ?? 0);
  }

  async #unlessAway(answer: () => number): Promise<number> {
    if (this.fail !== undefined) throw this.fail;
    return answer();
  }
}

/** Connections at once of one process. */
export class MemorySeats {
  readonly #held = new Map<string, number>();

  enter(tenant: string, max = Infinity): Promise<boolean> {
    const held = this.#held.get(tenant) ?? 0;
    if (held < max) this.#held.set(tenant, held + 1);
    return Promise.resolve(held < max);
  }

  leave(tenant: string): void {
    this.#held.set(tenant, (this.#held.get(tenant) ?? 0) - 1);
  }

  share(): void {}
}

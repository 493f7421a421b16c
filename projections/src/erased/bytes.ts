import { type KeptOutside, type Nats, ofThisLog, overwriteBodies } from "@waybill/runtime";
import { type ErasedRecord, isWork } from "@waybill/schemas";
import type { Entry } from "../read-event.ts";

/** Removes erased bodies from files and buckets. */
export type Erasing = Pick<KeptOutside, "remove">;

/**
 * Removes the bytes of erased messages, wherever they are. Nobody reads those of an event that has a
 * record, so it need not wait for the rows; and it may take long, so nobody is to wait for it. Each
 * record's once, however often the rows are waited for; after a start again, which finds them gone.
 */
export class BytesRemover {
  readonly #nats: Nats;
  readonly #outside: Erasing | undefined;
  /** Sequence in ERASED of the last record whose bytes are gone. */
  #through = 0;

  constructor(nats: Nats, outside: Erasing | undefined) {
    this.#nats = nats;
    this.#outside = outside;
  }

  /** @throws when a store of bodies does not answer */
  async remove(entries: readonly Entry<ErasedRecord>[]): Promise<void> {
    const left = entries.filter(({ seq }) => seq > this.#through);
    const records = left.map(({ event }) => event);
    await this.#outside?.remove(records.map(({ event }) => event).filter(isWork));
    await overwriteBodies(this.#nats, await ofThisLog(this.#nats, records));
    this.#through = left.at(-1)?.seq ?? this.#through;
  }
}

import type { Logger, Wake } from "@waybill/runtime";
import type { RetryDue } from "@waybill/schemas";

const waitsFor = (id: string) => (due: RetryDue) => due.waiting?.for.includes(id) === true;

/** Has mail tried that waits for a provider. One that fails loses nothing: each has its own time besides. */
export class Waker {
  readonly #wake: Wake;
  readonly #log: Logger;
  /** What is being woken, and whether it has to be looked for again afterwards. */
  readonly #waking = new Map<string, boolean>();

  constructor(wake: Wake, log: Logger) {
    this.#wake = wake;
    this.#log = log;
  }

  /** All who wait for it, those included who come while it looks; for as long as it is closed. */
  wakeAll(tenant: string, id: string, isClosed: () => boolean): void {
    const key = `${tenant}/${id}`;
    const isUnderWay = this.#waking.has(key);
    this.#waking.set(key, isUnderWay);
    if (!isUnderWay) void this.#wakeAll(key, tenant, (due) => isClosed() && waitsFor(id)(due));
  }

  wakeOne(tenant: string, id: string): void {
    this.#wake({ tenant, isWanted: waitsFor(id), most: 1 }).catch((error: unknown) =>
      this.#log.warn({ err: error, tenant, breaker: id }, "nobody could be woken"),
    );
  }

  async #wakeAll(key: string, tenant: string, isWanted: (due: RetryDue) => boolean): Promise<void> {
    try {
      do {
        this.#waking.set(key, false);
        await this.#wake({ tenant, isWanted });
      } while (this.#waking.get(key) === true);
    } catch (error) {
      this.#log.warn({ err: error, tenant }, "those who wait could not be woken");
    } finally {
      this.#waking.delete(key);
    }
  }
}

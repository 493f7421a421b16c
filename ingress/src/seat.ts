import type { Door } from "./door.ts";
import { reply, type Reply } from "./replies.ts";

/** The one seat of a session among the connections of the tenant it speaks for. */
export class Seat {
  readonly #door: Door;
  #tenant: string | undefined;
  #isOver = false;

  constructor(door: Door) {
    this.#door = door;
  }

  /** Counts the session for a tenant and for no other, or says why it may not; undefined at once when it is. */
  take(tenant: string): Promise<Reply | undefined> | undefined {
    return this.#tenant === tenant || this.#isOver ? undefined : this.#enter(tenant);
  }

  async #enter(tenant: string): Promise<Reply | undefined> {
    const { directory, seats, log } = this.#door;
    const max = directory.limits(tenant)?.connections;
    try {
      if (!(await seats.enter(tenant, max))) return reply("tooManyFromTenant", { max: max ?? 0 });
    } catch (error) {
      log.error({ err: error }, "connections cannot be counted");
      return reply("unavailable");
    }
    this.#leave();
    this.#tenant = tenant;
    if (this.#isOver) this.#leave();
    return undefined;
  }

  end(): void {
    this.#isOver = true;
    this.#leave();
  }

  #leave(): void {
    if (this.#tenant !== undefined) this.#door.seats.leave(this.#tenant);
    this.#tenant = undefined;
  }
}

import type { Directory } from "@waybill/runtime";
import { reply, type Reply } from "./replies.ts";

/** The connections of each tenant at once, in this process. */
export class TenantSeats {
  readonly #directory: Directory;
  readonly #held = new Map<string, number>();

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** Takes a connection in for a tenant, or says why not; one taken in must be given back by `leave`. */
  enter(tenant: string): Reply | undefined {
    const held = this.#held.get(tenant) ?? 0;
    const max = this.#directory.limits(tenant)?.connections;
    if (max !== undefined && held >= max) return reply("tooManyFromTenant", { max });
    this.#held.set(tenant, held + 1);
    return undefined;
  }

  leave(tenant: string): void {
    const held = this.#held.get(tenant) ?? 0;
    if (held > 1) this.#held.set(tenant, held - 1);
    else this.#held.delete(tenant);
  }
}

/** The one seat of a session, of the tenant it speaks for. */
export class Seat {
  readonly #seats: TenantSeats;
  #tenant: string | undefined;
  #isOver = false;

  constructor(seats: TenantSeats) {
    this.#seats = seats;
  }

  /** Counts the session for a tenant and for no other, or says why it may not. */
  take(tenant: string): Reply | undefined {
    if (this.#tenant === tenant || this.#isOver) return undefined;
    const refusal = this.#seats.enter(tenant);
    if (refusal !== undefined) return refusal;
    this.#leave();
    this.#tenant = tenant;
    return undefined;
  }

  end(): void {
    this.#isOver = true;
    this.#leave();
  }

  #leave(): void {
    if (this.#tenant !== undefined) this.#seats.leave(this.#tenant);
    this.#tenant = undefined;
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { get, type Summary } from "../faults/views.ts";
import type { Side } from "./tenants.ts";
import type { World } from "./world.ts";

const EVERY_MS = 1500;

type Newest = { items: Summary[] };

/** Looks at what the API tells while faults go on, and keeps what it must not tell. */
export class Watch {
  /** Looks that were answered. */
  looks = 0;
  readonly foreign = new Set<string>();
  readonly untrue = new Set<string>();
  readonly #world: World;
  #isWanted = true;
  readonly #running: Promise<void>;

  constructor(world: World) {
    this.#world = world;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isWanted = false;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      for (const side of this.#world.sides) await this.look(side);
      await sleep(EVERY_MS);
    }
  }

  /** The newest messages of a tenant are its own, whoever else asks gets none of them, and what is delivered is there. */
  async look(side: Side): Promise<void> {
    try {
      const { items } = await get<Newest>(side.api, "/api/v1/messages?limit=200");
      this.isTrue(side.id, items);
      for (const other of this.#world.sides.filter((one) => one !== side))
        await this.#isClosed(other, items[0]?.id);
      this.looks += 1;
    } catch {
      // The API, or something it needs, is away just now.
    }
  }

  /** Keeps what a list of a tenant must not say. */
  isTrue(tenant: string, items: readonly Summary[]): void {
    const { hop } = this.#world;
    for (const { id, subject, recipients } of items) {
      if (!subject.startsWith(`Test message ${tenant}-`)) this.foreign.add(`${tenant} saw ${id}`);
      for (const { address, status } of recipients)
        if (status === "delivered" && !hop.has(address)) this.untrue.add(address);
    }
  }

  async #isClosed(other: Side, id: string | undefined): Promise<void> {
    if (id === undefined) return;
    const { status } = await other.api.api(`/api/v1/messages/${id}`);
    if (status === 200) this.foreign.add(`${other.id} read ${id}`);
  }
}

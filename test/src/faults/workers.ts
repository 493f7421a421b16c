import { hostname } from "node:os";
import type { Nats } from "@waybill/runtime";
import { until } from "../relay/until.ts";
import type { Relay } from "../relay/relay.ts";

/** What workers say to each other. */
type Said = { at: string; holds: number[] };

const sorted = (numbers: readonly number[]): string => numbers.toSorted((a, b) => a - b).join();

/** Listens to what the workers of a name (`lanes`, `views`) say they hold. */
export class Workers {
  readonly #said = new Map<string, readonly number[]>();

  constructor({ nc }: Nats, name: string) {
    nc.subscribe(`waybill.workers.${name}`, {
      callback: (_, message) => {
        const { at, holds } = message.json<Said>();
        this.#said.set(at, holds);
      },
    });
  }

  /** The parts that a process says it holds. */
  of({ pid }: Relay): readonly number[] {
    return this.#said.get(`${hostname()}:${pid}`) ?? [];
  }

  /** The process that says it holds a part; not `gone`, of which the last word was another. */
  holderOf(part: number, gone?: number): number | undefined {
    for (const [at, parts] of this.#said) {
      const pid = Number(at.split(":").at(-1));
      if (parts.includes(part) && pid !== gone) return pid;
    }
    return undefined;
  }

  /** Resolves, with milliseconds, when the processes hold so many parts each, and no part twice. */
  async hold(relays: readonly Relay[], counts: readonly number[]): Promise<number> {
    const begun = performance.now();
    await until(`shares of ${counts.join()}`, () => {
      const parts = relays.map((relay) => this.of(relay));
      const isWhole = new Set(parts.flat()).size === parts.flat().length;
      return isWhole && sorted(parts.map(({ length }) => length)) === sorted(counts);
    });
    return Math.round(performance.now() - begun);
  }
}

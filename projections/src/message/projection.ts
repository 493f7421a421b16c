import type { Tx } from "@waybill/runtime/postgres";
import { evolveMessage, isOpen, type MailEvent, type MessageView } from "@waybill/schemas";
import type { Entry } from "../read-event.ts";
import { keyOf, ViewCache } from "./cache.ts";
import { loadViews } from "./load.ts";
import { type Changed, writeMessages } from "./write.ts";

const CAPACITY = 40_000;

const refOf = ({ tenant, messageId }: MailEvent) => ({ tenant, id: messageId });

/** Views of messages, folded in memory: what is not remembered is loaded once for the batch. */
export class MessageProjection {
  readonly #cache = new ViewCache(CAPACITY);

  async project(entries: readonly Entry<MailEvent>[], tx: Tx): Promise<void> {
    const before = await this.#viewsOf(entries, tx);
    const after = new Map(before);
    for (const { event, seq } of entries) {
      const key = keyOf(refOf(event));
      const view = evolveMessage(after.get(key), event, seq);
      if (view !== undefined) after.set(key, view);
    }
    await writeMessages(tx, changes(before, after));
    for (const [key, view] of after) this.#remember(key, view);
  }

  forget(): void {
    this.#cache.clear();
  }

  /** Of a message that has ended nothing may come for days: what is told of it then loads it again. */
  #remember(key: string, view: MessageView): void {
    if (isOpen(view.status)) this.#cache.set(key, view);
    else this.#cache.delete(key);
  }

  async #viewsOf(entries: readonly Entry<MailEvent>[], tx: Tx): Promise<Map<string, MessageView>> {
    const refs = new Map(entries.map(({ event }) => [keyOf(refOf(event)), refOf(event)]));
    const known = [...refs.keys()].flatMap((key) => this.#cache.get(key) ?? []);
    for (const view of known) refs.delete(keyOf(view));
    const loaded = await loadViews(tx, [...refs.values()]);
    return new Map([...known, ...loaded].map((view) => [keyOf(view), view]));
  }
}

const changes = (
  before: Map<string, MessageView>,
  after: Map<string, MessageView>,
): readonly Changed[] =>
  [...after]
    .map(([key, view]) => ({ before: before.get(key), after: view }))
    .filter((change) => change.before !== change.after);

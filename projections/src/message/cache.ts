import type { MessageView } from "@waybill/schemas";

/** What names a message: ids are unique, but a tenant must never be shown another's. */
export const keyOf = ({ tenant, id }: { tenant: string; id: string }): string => `${tenant}/${id}`;

const weightOf = (view: MessageView): number => 1 + view.recipients.length;

/** The views used last; their size counts recipients, as a message may have a thousand. */
export class ViewCache {
  readonly #capacity: number;
  readonly #views = new Map<string, MessageView>();
  #weight = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): MessageView | undefined {
    return this.#views.get(key);
  }

  /** Keeps a view as the one used last, and drops those used longest ago that are too many. */
  set(key: string, view: MessageView): void {
    this.delete(key);
    this.#views.set(key, view);
    this.#weight += weightOf(view);
    for (const oldest of this.#views.keys()) {
      if (this.#weight <= this.#capacity) return;
      this.delete(oldest);
    }
  }

  clear(): void {
    this.#views.clear();
    this.#weight = 0;
  }

  delete(key: string): void {
    const view = this.#views.get(key);
    if (view !== undefined) this.#weight -= weightOf(view);
    this.#views.delete(key);
  }
}

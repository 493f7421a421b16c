import type { MessageView, RecipientView } from "@waybill/schemas";
import type { Relay } from "../relay/relay.ts";

/** Who answers as the API does: a relay, to its first tenant, or to whom a key makes one. */
export type Api = Pick<Relay, "api">;

export type Summary = Pick<MessageView, "id" | "status" | "subject"> & {
  recipients: Pick<RecipientView, "address" | "status" | "reason">[];
};

type Page = { items: Summary[]; nextCursor: string | null };

/** Asks the API, and wants 200. */
export async function get<T>(relay: Api, path: string): Promise<T> {
  const answer = await relay.api(path);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** A list of the API from its first page to its last. */
export async function walk(relay: Api, list: "messages" | "dead-letters"): Promise<Summary[]> {
  const all: Summary[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const at: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page = await get<Page>(relay, `/api/v1/${list}?limit=200${at}`);
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  return all;
}

/** Whether the views hold a message that has not ended. */
export async function hasOpen(relay: Api): Promise<boolean> {
  const pages = ["queued", "deferred"].map((status) =>
    get<Page>(relay, `/api/v1/messages?limit=1&status=${status}`),
  );
  return (await Promise.all(pages)).some(({ items }) => items.length > 0);
}

/** Sequence of the last event that the views hold. */
export const viewsAt = async (relay: Api): Promise<number> =>
  (await get<{ views: number }>(relay, "/readyz")).views;

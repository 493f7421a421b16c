import type { Secrets } from "@waybill/runtime";
import { Problem } from "./errors.ts";

const FORM = /^([\w.-]{1,253})\.([0-9a-f]{64})$/;

/** Where a page of a list ended, sealed against being made up or used for another list or tenant. */
export type Cursors = {
  write(lastId: string): string;
  /** @throws Problem `bad_cursor` */
  read(cursor: string): string;
};

/** @param list the list's name; a cursor of one is none of another. */
export function cursorsOf(secrets: Secrets, list: string, tenant: string): Cursors {
  const claim = (id: string) => `cursor:${list}:${tenant}:${id}`;
  return {
    write: (id) => Buffer.from(`${id}.${secrets.hash(claim(id))}`).toString("base64url"),
    read: (cursor) => {
      const [, id = "", mac = ""] = FORM.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
      if (id === "" || !secrets.matches(claim(id), mac)) {
        throw new Problem("bad_cursor", "take nextCursor of the page before, unchanged");
      }
      return id;
    },
  };
}

/** One page out of up to `limit + 1` rows: with the extra row there is a next one. */
export const pageOf = <T extends { id: string }>(rows: T[], limit: number, cursors: Cursors) =>
  pageBy(({ id }: T) => id, rows, limit, cursors);

/** As `pageOf`, for rows whose place in the list is told by something else. */
export function pageBy<T>(place: (row: T) => string, rows: T[], limit: number, cursors: Cursors) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, nextCursor: more ? cursors.write(place(last)) : null };
}

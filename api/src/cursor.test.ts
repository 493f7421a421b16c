import { makeSecrets, newMessageId } from "@waybill/runtime";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cursorsOf, pageOf } from "./cursor.ts";

const secrets = makeSecrets("a master key");
const cursors = cursorsOf(secrets, "messages", "a");
const refusal = expect.objectContaining({ code: "bad_cursor" });

describe("a cursor", () => {
  it("gives back the id it was made of", () => {
    const id = newMessageId();
    expect(cursors.read(cursors.write(id))).toBe(id);
  });

  it.each([
    ["list", cursorsOf(secrets, "dead-letters", "a")],
    ["tenant", cursorsOf(secrets, "messages", "b")],
    ["installation", cursorsOf(makeSecrets("another key"), "messages", "a")],
  ])("of another %s is refused", (_, others) => {
    expect(() => cursors.read(others.write(newMessageId()))).toThrow(refusal);
  });

  it("is refused when it was made up", () => {
    const made = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.stringMatching(/^[0-9A-Z]{26}\.[0-9a-f]{64}$/),
    );
    fc.assert(
      fc.property(made, (text) => {
        expect(() => cursors.read(text)).toThrow(refusal);
        expect(() => cursors.read(Buffer.from(text).toString("base64url"))).toThrow(refusal);
      }),
    );
  });
});

it("a page has a next one exactly when a further row was found", () => {
  const rows = [newMessageId(), newMessageId()].map((id) => ({ id }));
  expect(pageOf(rows, 2, cursors)).toEqual({ items: rows, nextCursor: null });
  const page = pageOf(rows, 1, cursors);
  expect(page.items).toEqual(rows.slice(0, 1));
  expect(cursors.read(page.nextCursor ?? "")).toBe(rows[0]?.id);
});

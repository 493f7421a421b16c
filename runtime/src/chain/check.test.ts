import type { ChainLeaf } from "@waybill/schemas";
import { describe, expect, it } from "vitest";
import { checkChain, type Checked } from "./check.ts";
import { leafOf } from "./leaf.ts";
import { CHAIN_START, linkOf } from "./link.ts";

const OLD = 1000;

const event = (seq: number, text = `event ${seq}`) => ({
  seq,
  subject: "mail.fact.0.a.delivered",
  data: new TextEncoder().encode(text),
});
const leaf = (seq: number): ChainLeaf => {
  const { subject, data } = event(seq);
  return [seq, seq < 3 ? OLD : 2 * OLD, leafOf(subject, data)];
};
const first = linkOf({ tenant: "a", after: 0, leaves: [1, 2, 5].map(leaf), previous: CHAIN_START });
const second = linkOf({ tenant: "a", after: 5, leaves: [6, 9].map(leaf), previous: first.hash });
const LINKS = [first, second].map((link, at) => ({ seq: at + 1, link }));

/** The chain held against the events of these sequences. */
const check = (
  events: readonly (number | ReturnType<typeof event>)[],
  more: Partial<Checked> = {},
) =>
  checkChain({
    tenant: "a",
    links: LINKS,
    events: events.map((one) => (typeof one === "number" ? event(one) : one)),
    sealedThrough: 5,
    isPastKeeping: () => false,
    isRemovedByNow: async () => false,
    erasedLeaf: async () => undefined,
    ...more,
  });

const isPastKeeping = ([, time]: ChainLeaf): boolean => time === OLD;
const isRemovedByNow = async (one: ChainLeaf) => isPastKeeping(one);
const erasedLeaf = async () => leaf(6)[2];

const ALL = [1, 2, 5, 6, 9];

describe("given two links of five events", () => {
  it("when all are there, and two are newer, then nothing is wrong", async () => {
    expect(await check([...ALL, 12, 13])).toEqual({
      events: 5,
      removed: 0,
      erased: 0,
      notSealed: 2,
      links: 2,
      head: second.hash,
    });
  });

  it("when the oldest were removed by their age, then they are counted", async () => {
    expect(await check([5, 6, 9], { isPastKeeping })).toMatchObject({ events: 3, removed: 2 });
    const { fault } = await check([6, 9], { isPastKeeping });
    expect(fault).toEqual({ why: "missing event", seq: 5, link: 1 });
  });

  it("when a sweep removes the oldest meanwhile, then they are counted too", async () => {
    expect(await check([5, 6, 9], { isRemovedByNow })).toMatchObject({ events: 3, removed: 2 });
  });

  it("when one was erased, then its record must name what it was", async () => {
    const rest = [1, 2, 5, 9];
    expect(await check(rest, { erasedLeaf })).toMatchObject({ events: 4, erased: 1 });
    const other = await check(rest, { erasedLeaf: async () => leaf(5)[2] });
    expect(other.fault).toEqual({ why: "missing event", seq: 6, link: 2 });
  });

  it.each([
    ["other bytes", [1, event(2, "other"), 5, 6, 9], { why: "altered event", seq: 2, link: 1 }],
    [
      "another subject",
      [1, 2, 5, { ...event(6), subject: "mail.fact.0.a.failed" }, 9],
      { why: "altered event", seq: 6, link: 2 },
    ],
    ["one missing", [1, 2, 6, 9], { why: "missing event", seq: 5, link: 1 }],
    ["the last missing", [1, 2, 5, 6], { why: "missing event", seq: 9, link: 2 }],
    ["one more between two", [1, 2, 3, 5, 6, 9], { why: "unknown event", seq: 3, link: 1 }],
  ])("when there is/are %s, then it is named", async (_what, events, fault) => {
    expect((await check(events)).fault).toEqual(fault);
  });

  it("when all was sealed to a later one, then an event before that is unknown", async () => {
    const { fault } = await check([...ALL, 12], { sealedThrough: 12 });
    expect(fault).toEqual({ why: "unknown event", seq: 12 });
  });

  it("when something in the chain is no link, or a link is gone, then that is named", async () => {
    const strange = [...LINKS, { seq: 3, link: undefined }];
    expect((await check(ALL, { links: strange })).fault).toEqual({ why: "broken link", link: 3 });
    const { fault } = await check(ALL, { links: LINKS.slice(1) });
    expect(fault).toEqual({ why: "broken link", link: 2, seq: 6 });
  });

  it("when a head was noted, then one of the links must have it", async () => {
    expect(await check(ALL, { noted: first.hash })).not.toHaveProperty("fault");
    const { fault } = await check(ALL, { noted: leaf(1)[2] });
    expect(fault).toEqual({ why: "noted head missing" });
  });
});

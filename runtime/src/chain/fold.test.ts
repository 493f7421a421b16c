import { createHash } from "node:crypto";
import type { ChainLeaf, ChainLink } from "@waybill/schemas";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { type ChainState, foldLink, noChain } from "./fold.ts";
import { CHAIN_START, linkOf } from "./link.ts";

const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);

/** Chains as a sealer makes them: batches of events whose sequences grow. */
const chains: fc.Arbitrary<ChainLink[]> = fc
  .array(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), sha256), { minLength: 1, maxLength: 4 }),
    {
      minLength: 3,
      maxLength: 8,
    },
  )
  .map((batches) => {
    let [seq, previous] = [0, CHAIN_START];
    return batches.map((batch) => {
      const after = seq;
      const leaves = batch.map(([step, hash]): ChainLeaf => [(seq += step), seq * 1000, hash]);
      const link = linkOf({ tenant: "a", after, leaves, previous });
      previous = link.hash;
      return link;
    });
  });

/** The state after all links, or what was wrong with the first bad one and its place. */
function foldAll(links: readonly ChainLink[]): ChainState | { why: string; place: number } {
  let chain = noChain;
  for (const [place, link] of links.entries()) {
    const next = foldLink(chain, "a", link);
    if (typeof next === "string") return { why: next, place };
    chain = next;
  }
  return chain;
}

it("makes the hash that the decision describes, so that another program can", () => {
  const leaf = "1".repeat(64);
  const leaves: ChainLeaf[] = [[7, 1_767_225_600_000, leaf]];
  const lines = `${CHAIN_START}\nacme\n6\n7 1767225600000 ${leaf}\n`;
  const hash = createHash("sha256").update(lines).digest("hex");
  expect(linkOf({ tenant: "acme", after: 6, leaves, previous: CHAIN_START }).hash).toBe(hash);
});

it("takes every chain that was made as it should be", () => {
  fc.assert(
    fc.property(chains, (links) => {
      const last = links.at(-1);
      expect(foldAll(links)).toEqual({
        links: links.length,
        head: last?.hash,
        beforeHead: last?.previous,
        last: last?.leaves.at(-1)?.[0],
      });
    }),
  );
});

/** Everything that can be done to one of the links with its hash left as it was. */
const edits: Record<string, (link: ChainLink) => ChainLink> = {
  tenant: (link) => ({ ...link, tenant: "b" }),
  after: (link) => ({ ...link, after: link.after + 1 }),
  sequence: (link) => ({
    ...link,
    leaves: link.leaves.map(([seq, ...rest]) => [seq + 1, ...rest]),
  }),
  time: (link) => ({
    ...link,
    leaves: link.leaves.map(([seq, time, hash]) => [seq, time + 1, hash]),
  }),
  leaf: (link) => ({ ...link, leaves: link.leaves.map(([seq, time]) => [seq, time, link.hash]) }),
  "one leaf less": (link) => ({ ...link, leaves: link.leaves.slice(1) }),
  previous: (link) => ({ ...link, previous: link.hash }),
  hash: (link) => ({ ...link, hash: link.previous }),
};

it.each(Object.keys(edits))("finds a link of which the %s was changed, and where", (what) => {
  fc.assert(
    fc.property(chains, fc.nat(), (links, chosen) => {
      const place = chosen % links.length;
      const changed = links.map((link, at) =>
        at === place ? (edits[what]?.(link) ?? link) : link,
      );
      expect(foldAll(changed)).toEqual({ why: "broken link", place });
    }),
  );
});

it("finds a link that was changed and given its right hash at the one after it", () => {
  fc.assert(
    fc.property(chains, fc.nat(), (links, chosen) => {
      const place = chosen % (links.length - 1);
      const remade = links.map((link, at) =>
        at === place ? linkOf({ ...link, after: link.after + 1 }) : link,
      );
      expect(foldAll(remade)).toMatchObject({ place: place + 1 });
    }),
  );
});

it("finds a link that is gone, twice there, or in another order", () => {
  fc.assert(
    fc.property(chains, fc.nat(), (links, chosen) => {
      const place = chosen % (links.length - 1);
      expect(foldAll(links.toSpliced(place, 1))).toMatchObject({ why: "broken link", place });
      const [link, next] = links.slice(place, place + 2) as [ChainLink, ChainLink];
      expect(foldAll(links.toSpliced(place, 0, link))).toEqual({
        why: "forked link",
        place: place + 1,
      });
      expect(foldAll(links.toSpliced(place, 2, next, link))).toMatchObject({ place });
    }),
  );
});

const leafAt = (seq: number): ChainLeaf => [seq, 0, "1".repeat(64)];

it("finds a second link after the same one, and events that come twice or out of order", () => {
  const first = linkOf({ tenant: "a", after: 0, leaves: [leafAt(4)], previous: CHAIN_START });
  const second = linkOf({ tenant: "a", after: 4, leaves: [leafAt(6)], previous: first.hash });
  const other = linkOf({ tenant: "a", after: 4, leaves: [leafAt(7)], previous: first.hash });
  expect(foldAll([first, second, other])).toEqual({ why: "forked link", place: 2 });
  const again = linkOf({ tenant: "a", after: 4, leaves: [leafAt(4)], previous: first.hash });
  expect(foldAll([first, again])).toEqual({ why: "broken link", place: 1 });
});

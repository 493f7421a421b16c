import type { ChainLeaf, ChainLink } from "@waybill/schemas";
import { Cursor } from "./cursor.ts";
import { type ChainState, foldLink, type LinkFault, noChain } from "./fold.ts";
import { leafOf } from "./leaf.ts";

/** An event as the log holds it. */
type KeptEvent = { seq: number; subject: string; data: Uint8Array };

/** A link as CHAIN holds it; undefined when what is there is not one. */
export type KeptLink = { seq: number; link: ChainLink | undefined };

/** What of a tenant is held against what. */
export type Checked = {
  tenant: string;
  links: AsyncIterable<KeptLink> | Iterable<KeptLink>;
  events: AsyncIterable<KeptEvent> | Iterable<KeptEvent>;
  /** Every event up to this sequence of MAIL is in a link. */
  sealedThrough: number;
  /** Hash that one of the links must have. */
  noted?: string | undefined;
  /** Whether an event may have been removed because of its age. */
  isPastKeeping: (leaf: ChainLeaf) => boolean;
  /** The same, of what a sweep has removed since the check began. */
  isRemovedByNow: (leaf: ChainLeaf) => Promise<boolean>;
  /** The leaf that the record of an erasure names, if the event was erased. */
  erasedLeaf: (seq: number) => Promise<string | undefined>;
};

/** The first thing that does not fit: `seq` is the event's sequence in MAIL, `link` the link's in CHAIN. */
type ChainFault = {
  why: "altered event" | "missing event" | "unknown event" | "noted head missing" | LinkFault;
  seq?: number;
  link?: number;
};

/** Events that are as they were sealed, are gone for a known cause, or are newer than the chain. */
type Counts = { events: number; removed: number; erased: number; notSealed: number };

export type ChainReport = Counts & Pick<ChainState, "links" | "head"> & { fault?: ChainFault };

/** Holds the events of a tenant against its chain, in one pass over both, up to the first fault. */
export async function checkChain(checked: Checked): Promise<ChainReport> {
  const check = new ChainCheck(checked);
  const fault = (await check.links()) ?? (await check.rest()) ?? check.noted();
  await check.end();
  const { counts, chain } = check;
  const { links, head } = chain;
  return { ...counts, links, head, ...(fault === undefined ? {} : { fault }) };
}

class ChainCheck {
  readonly counts: Counts = { events: 0, removed: 0, erased: 0, notSealed: 0 };
  chain = noChain;
  #notedSeen = false;
  readonly #checked: Checked;
  readonly #events: Cursor<KeptEvent>;

  constructor(checked: Checked) {
    this.#checked = checked;
    this.#events = new Cursor(checked.events);
  }

  /** Every link, and the event of each of its leaves. */
  async links(): Promise<ChainFault | undefined> {
    for await (const { seq, link } of this.#checked.links) {
      const next = link === undefined ? "broken link" : this.#fold(link);
      if (link === undefined || typeof next === "string") return brokenAt(seq, link, next);
      this.chain = next;
      this.#notedSeen ||= next.head === this.#checked.noted;
      for (const leaf of link.leaves) {
        const fault = await this.#event(leaf);
        if (fault !== undefined) return { ...fault, link: seq };
      }
    }
    return undefined;
  }

  /** The events after the last link. */
  async rest(): Promise<ChainFault | undefined> {
    for (;;) {
      const event = await this.#events.peek();
      if (event === undefined) return undefined;
      if (event.seq <= this.#checked.sealedThrough) return { why: "unknown event", seq: event.seq };
      this.counts.notSealed += 1;
      this.#events.take();
    }
  }

  /** Whoever may write to CHAIN can make it anew, but not with a hash that somebody noted. */
  noted(): ChainFault | undefined {
    const isMissing = this.#checked.noted !== undefined && !this.#notedSeen;
    return isMissing ? { why: "noted head missing" } : undefined;
  }

  end(): Promise<void> {
    return this.#events.end();
  }

  #fold(link: ChainLink): ChainState | LinkFault {
    return foldLink(this.chain, this.#checked.tenant, link);
  }

  async #event(leaf: ChainLeaf): Promise<ChainFault | undefined> {
    const [seq, , hash] = leaf;
    const event = await this.#events.peek();
    if (event === undefined || event.seq > seq) return this.#missing(leaf);
    if (event.seq < seq) return { why: "unknown event", seq: event.seq };
    if (leafOf(event.subject, event.data) !== hash) return { why: "altered event", seq };
    this.counts.events += 1;
    this.#events.take();
    return undefined;
  }

  async #missing(leaf: ChainLeaf): Promise<ChainFault | undefined> {
    const [seq, , hash] = leaf;
    if (this.#checked.isPastKeeping(leaf)) this.counts.removed += 1;
    else if ((await this.#checked.erasedLeaf(seq)) === hash) this.counts.erased += 1;
    else if (await this.#checked.isRemovedByNow(leaf)) this.counts.removed += 1;
    else return { why: "missing event", seq };
    return undefined;
  }
}

function brokenAt(at: number, link: ChainLink | undefined, why: unknown): ChainFault {
  const seq = link?.leaves[0]?.[0];
  const place = { link: at, ...(seq === undefined ? {} : { seq }) };
  return { why: why === "forked link" ? why : "broken link", ...place };
}

import { chainSubject, type ChainLeaf } from "@waybill/schemas";
import type { Nats } from "../nats.ts";
import { STREAMS } from "../streams.ts";
import { CHAIN_START, linkOf } from "./link.ts";
import { lastLink } from "./read.ts";

/** The end of a tenant's chain: sequence of its last link in CHAIN, hash of that, its last event. */
type Head = { at: number; hash: string; last: number };

const NONE: Head = { at: 0, hash: CHAIN_START, last: 0 };

/** Ends of chains in memory; what is forgotten is read again. */
const MOST = 10_000;

/** The ends of all chains, as one writer has found or made them. */
export class Heads {
  readonly #nats: Nats;
  readonly #heads = new Map<string, Head>();

  constructor(nats: Nats) {
    this.#nats = nats;
  }

  /**
   * Appends a link with those of the leaves that the chain does not have yet. @throws when another
   * writer has appended meanwhile, or NATS does not answer: what is known of the chains may be wrong then
   */
  async append(tenant: string, leaves: readonly ChainLeaf[], after: number): Promise<void> {
    const { at, hash, last } = await this.#headOf(tenant);
    const more = leaves.filter(([seq]) => seq > last);
    const end = more.at(-1)?.[0];
    if (end === undefined) return;
    const link = linkOf({ tenant, after, leaves: more, previous: hash });
    const subject = chainSubject(tenant);
    const expect = { lastSubjectSequence: at, lastSubjectSequenceSubject: subject };
    const send = () => this.#nats.js.publish(subject, JSON.stringify(link), { expect });
    const { seq } = await this.#nats.inFlight(STREAMS.chain)(send);
    this.#keep(tenant, { at: seq, hash: link.hash, last: end });
  }

  async #headOf(tenant: string): Promise<Head> {
    const known = this.#heads.get(tenant);
    if (known !== undefined) return known;
    const found = await lastLink(this.#nats, tenant);
    if (found === undefined) return NONE;
    const { seq: at, link } = found;
    return { at, hash: link.hash, last: link.leaves.at(-1)?.[0] ?? 0 };
  }

  #keep(tenant: string, head: Head): void {
    if (this.#heads.size >= MOST) this.#heads.clear();
    this.#heads.set(tenant, head);
  }
}

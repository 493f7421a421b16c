import { replay, STREAMS } from "@waybill/runtime";
import {
  evolveMessage,
  isOpen,
  isWork,
  type MailEvent,
  type MessageView,
  redact,
  type RecipientView,
  tenantEvents,
} from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { steady } from "../log/steady.ts";
import { type About, erasedOf } from "./about.ts";
import { Unanswered } from "./unanswered.ts";
import { Whose } from "./whose.ts";

/** A message that never opens again is not kept: there may be as many as the tenant has. */
const ENDED = null;

const mayOpen = ({ status, recipients }: MessageView): boolean =>
  isOpen(status) || recipients.some(isDead);
const isDead = ({ status }: RecipientView): boolean => status === "dead";

/** How much there is to be erased. */
type Found = { messages: number; events: number; bodies: number };

/** Finds the events of the messages concerned in the log, and keeps of each no more than its sequence. */
export class Search {
  readonly whose: Whose;
  readonly unanswered = new Unanswered();
  /** Sequences of MAIL, in order, of what was read and not taken. */
  #seqs: number[] = [];
  /** Messages of which anything was read, and that were not taken. */
  readonly #news = new Set<string>();
  readonly #deps: Deps;
  readonly #tenant: string;
  readonly #about: About;
  readonly #views = new Map<string, MessageView | typeof ENDED>();
  readonly #messages = new Set<string>();
  readonly #bodies = new Set<string>();
  #events = 0;
  #from = 1;

  constructor(deps: Deps, tenant: string, about: About) {
    this.#deps = deps;
    this.#tenant = tenant;
    this.#about = about;
    this.whose = new Whose(about);
  }

  /** Reads what the log holds, the next time only what it has got since. @throws LogUnavailable */
  async read(): Promise<void> {
    const { nats, stall } = this.#deps;
    const { last_seq: through } = (await nats.jsm.streams.info(STREAMS.mail)).state;
    const asked = { from: this.#from, through, filters: [tenantEvents(this.#tenant)] };
    const source = replay(nats, { stream: STREAMS.mail, ...asked });
    for await (const { seq, json } of steady(source, stall)) this.#take(seq, json<MailEvent>());
    this.#from = through + 1;
  }

  /** Whether the log holds anything of what the erasure is about. */
  get isEmpty(): boolean {
    return this.#seqs.length === 0;
  }

  /** The sequences of MAIL, in order, that were read since they were last taken. */
  takeSeqs(): number[] {
    const taken = this.#seqs;
    this.#seqs = [];
    return taken;
  }

  /** Whether anything was read since messages were last taken. */
  get hasNews(): boolean {
    return this.#news.size > 0;
  }

  /** The messages of which anything was read since they were last taken. */
  takeNews(): string[] {
    const taken = [...this.#news];
    this.#news.clear();
    return taken;
  }

  get found(): Found {
    return { messages: this.#messages.size, events: this.#events, bodies: this.#bodies.size };
  }

  /** Messages some of whose recipients have not ended. */
  get open(): string[] {
    const views = [...this.#views.values()].filter((view) => view !== ENDED);
    return views.filter(({ status }) => isOpen(status)).map(({ id }) => id);
  }

  #take(seq: number, event: MailEvent): void {
    if (!this.whose.has(event)) return;
    this.#seqs.push(seq);
    this.#news.add(event.messageId);
    const { spellings } = this.whose;
    const left = redact(event, erasedOf(this.#deps.secrets, this.#tenant, this.#about, spellings));
    // Of an erasure that was cut short some events name them and some the pseudonym.
    this.#follow(seq, left);
    this.unanswered.take(seq, left);
    if (left === event) return;
    this.#events += 1;
    this.#messages.add(event.messageId);
    if (isWork(event) && event.body.sha256 !== "") this.#bodies.add(event.messageId);
  }

  #follow(seq: number, event: MailEvent): void {
    const { messageId } = event;
    const before = this.#views.get(messageId);
    if (before === ENDED) return;
    const view = evolveMessage(before, event, seq);
    if (view !== undefined) this.#views.set(messageId, mayOpen(view) ? view : ENDED);
  }
}

import type { ReplyPolicy, Stage, StageContext } from "../mail/sink-policy.ts";
import { startSink, type Sink } from "../mail/sink.ts";
import type { Mood } from "./faults.ts";
import { Proxy } from "./proxy.ts";

/** What a mood answers, at which stage, and to every how many. */
const ANSWERS: Partial<Record<Mood, { stage: Stage; reply: string; every: number }>> = {
  "says 421": { stage: "mail", reply: "421 4.3.2 closing", every: 3 },
  "says 451": { stage: "rcpt", reply: "451 4.7.1 later", every: 3 },
  "says 550": { stage: "rcpt", reply: "550 5.1.1 nobody of that name", every: 3 },
  "closes after the dot": { stage: "dot", reply: "close", every: 4 },
  "says 250 and closes": { stage: "dot", reply: "250 and close", every: 2 },
};

const SLOW_MS = 700;

/** A message that the next hop has read to its end. */
export type Arrival = {
  /** Milliseconds since the epoch. */
  time: number;
  /** The actors that sent it: how many were killed before them. */
  sender: number;
  /** The connection, by the port that the actors spoke from. */
  port: number;
  /** Whether it is a copy: else nothing was kept, and nothing said. */
  isKept: boolean;
};

type Memory = { moods: Set<Mood>; refused: Set<string>; arrivals: Map<string, Arrival[]> };

type Origin = Pick<Arrival, "sender" | "port">;

/** Where all mail goes: a counting sink behind a proxy, which can be bad in several ways at once. */
export class NextHop {
  readonly sink: Sink;
  readonly proxy: Proxy;
  /** Addresses refused for good. */
  readonly refused: ReadonlySet<string>;
  /** What came, by address, in its order. */
  readonly arrivals: ReadonlyMap<string, readonly Arrival[]>;
  readonly #moods: Set<Mood>;

  private constructor(sink: Sink, proxy: Proxy, memory: Memory) {
    this.sink = sink;
    this.proxy = proxy;
    this.refused = memory.refused;
    this.arrivals = memory.arrivals;
    this.#moods = memory.moods;
  }

  /** @param sender who opens the connections that come now */
  static async start(sender: () => number = () => 0): Promise<NextHop> {
    const memory: Memory = { moods: new Set(), refused: new Set(), arrivals: new Map() };
    const origins = { of: (_port: number): Origin => ({ sender: 0, port: 0 }) };
    const policy = policyOf(memory, (port) => origins.of(port));
    const sink = await startSink({ reply: policy, delayMs: 5 });
    const proxy = await new Proxy(sink.port, sender).listen();
    origins.of = (port) => proxy.originOf(port);
    return new NextHop(sink, proxy, memory);
  }

  begin(mood: Mood): void {
    if (mood === "slow") this.proxy.delayMs = SLOW_MS;
    this.#moods.add(mood);
  }

  end(mood: Mood): void {
    if (mood === "slow") this.proxy.delayMs = 0;
    this.#moods.delete(mood);
  }

  /** Whether a copy for an address is here. */
  has(address: string): boolean {
    return this.arrivals.get(address)?.some(({ isKept }) => isKept) === true;
  }

  async stop(): Promise<void> {
    await this.proxy.close();
    await this.sink.stop();
  }
}

function policyOf(memory: Memory, originOf: (port: number) => Origin): ReplyPolicy {
  const { moods, refused } = memory;
  return (at, context) => {
    const answers = [...moods].map((mood) => ANSWERS[mood]);
    const found = answers.find((one) => one?.stage === at && context.count % one.every === 0);
    if (found?.reply.startsWith("550")) refused.add(context.recipient ?? "");
    if (at === "dot") note(memory, context, originOf(context.port), found?.reply !== "close");
    return found?.reply;
  };
}

function note(
  { arrivals }: Memory,
  { recipients }: StageContext,
  origin: Origin,
  isKept: boolean,
): void {
  const one: Arrival = { time: Date.now(), ...origin, isKept };
  for (const to of recipients) arrivals.set(to, [...(arrivals.get(to) ?? []), one]);
}

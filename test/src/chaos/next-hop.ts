import type { ReplyPolicy, Stage } from "../mail/sink-policy.ts";
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

type Memory = { moods: Set<Mood>; refused: Set<string>; copies: Map<string, number[]> };

/** Where all mail goes: a counting sink behind a proxy, which can be bad in several ways at once. */
export class NextHop {
  readonly sink: Sink;
  readonly proxy: Proxy;
  /** Addresses refused for good. */
  readonly refused: ReadonlySet<string>;
  /** When copies came, milliseconds since the epoch, by address. */
  readonly copies: ReadonlyMap<string, readonly number[]>;
  readonly #moods: Set<Mood>;

  private constructor(sink: Sink, proxy: Proxy, memory: Memory) {
    this.sink = sink;
    this.proxy = proxy;
    this.refused = memory.refused;
    this.copies = memory.copies;
    this.#moods = memory.moods;
  }

  static async start(): Promise<NextHop> {
    const memory: Memory = { moods: new Set(), refused: new Set(), copies: new Map() };
    const sink = await startSink({ reply: policyOf(memory), delayMs: 5 });
    return new NextHop(sink, await new Proxy(sink.port).listen(), memory);
  }

  begin(mood: Mood): void {
    if (mood === "slow") this.proxy.delayMs = SLOW_MS;
    this.#moods.add(mood);
  }

  end(mood: Mood): void {
    if (mood === "slow") this.proxy.delayMs = 0;
    this.#moods.delete(mood);
  }

  async stop(): Promise<void> {
    await this.proxy.close();
    await this.sink.stop();
  }
}

function policyOf({ moods, refused, copies }: Memory): ReplyPolicy {
  return (at, { count, recipient = "", recipients }) => {
    const answers = [...moods].map((mood) => ANSWERS[mood]);
    const found = answers.find((one) => one?.stage === at && count % one.every === 0);
    if (found?.reply.startsWith("550")) refused.add(recipient);
    if (at === "dot" && found?.reply !== "close")
      for (const one of recipients) copies.set(one, [...(copies.get(one) ?? []), Date.now()]);
    return found?.reply;
  };
}

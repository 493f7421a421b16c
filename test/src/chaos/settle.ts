import { inspect } from "node:util";
import { replay, STREAMS } from "@waybill/runtime";
import { recipientsOf, type FactType, type MailEvent } from "@waybill/schemas";
import { itemsInHand, lastEvent, openLog } from "../faults/log-access.ts";
import { hasOpen, viewsAt, walk, type Summary } from "../faults/views.ts";
import { until } from "../relay/until.ts";
import type { Fact } from "./place.ts";
import type { World } from "./world.ts";

/** Milliseconds for everything to end after the last fault. */
const PATIENCE = 180_000;

type Log = Awaited<ReturnType<typeof openLog>>;

/** Timers that the log holds. */
async function timersIn({ jsm }: Log): Promise<number> {
  const { state } = await jsm.streams.info("MAIL", { subjects_filter: "timer.>" });
  return Object.keys(state.subjects ?? {}).length;
}

/** What is not at its end yet. */
async function left({ relay, sides }: World, log: Log) {
  const [inHand, timers] = [await itemsInHand(log), await timersIn(log)];
  const behind = (await lastEvent(log)) - (await viewsAt(relay));
  const open = (await Promise.all(sides.map(({ api }) => hasOpen(api)))).filter(Boolean).length;
  return { inHand, timers, behind, open };
}

/** Waits until every message has ended and the views hold all of the log; in words what has not, if so. */
export async function settled(world: World): Promise<string[]> {
  let last = "nothing answered";
  const look = async () => {
    const log = await openLog(world.relay.engines.natsUrl);
    try {
      const now = await left(world, log);
      last = JSON.stringify(now);
      return now.inHand + now.timers + now.open === 0 && now.behind <= 0;
    } finally {
      await log.close();
    }
  };
  const end = until("everything to end", look, PATIENCE);
  return end.then(
    () => [],
    (error: unknown) => [`${last} ${inspect(error)}`],
  );
}

const TYPES = ["delivered", "failed", "ambiguous", "deadlettered"] as const satisfies FactType[];
type Ended = Extract<MailEvent, { type: (typeof TYPES)[number] }>;

function factsIn(event: Ended, time: number, sender: number): Fact[] {
  const { type, attempt } = event;
  const reason = event.type === "deadlettered" ? { reason: event.reason } : {};
  return recipientsOf(event).map((address) => ({
    type,
    address,
    time,
    sender,
    attempt,
    ...reason,
  }));
}

/** What the log tells of the recipients of all tenants. */
export async function allFacts({ relay, kills }: World): Promise<Fact[]> {
  const log = await openLog(relay.engines.natsUrl);
  const facts: Fact[] = [];
  const filters = TYPES.map((type) => `mail.*.*.*.${type}`);
  for await (const stored of replay(log, { stream: STREAMS.mail, filters })) {
    const at = stored.time.getTime();
    facts.push(...factsIn(stored.json(), at, kills.filter((kill) => kill < at).length));
  }
  await log.close();
  return facts;
}

/** What the views tell each tenant, from the first page to the last. */
export const allViews = async ({ sides }: World): Promise<{ tenant: string; items: Summary[] }[]> =>
  Promise.all(
    sides.map(async ({ id, api }) => ({ tenant: id, items: await walk(api, "messages") })),
  );

import { consumerNames } from "@waybill/runtime";
import { expect, test } from "vitest";
import { LONG } from "../src/cluster/long.ts";
import { openOnCluster, type OnCluster } from "../src/cluster/relay-on-cluster.ts";
import { verify } from "../src/cluster/verify.ts";
import { flood } from "../src/faults/flood.ts";
import { putTenant } from "../src/faults/log-access.ts";
import type { ReplyPolicy } from "../src/mail/sink-policy.ts";
import { until } from "../src/relay/until.ts";

/** Mails of the load, every tenth of which is refused; and of a tenant with a backlog. */
const [MAILS, REFUSED_EACH, FLOOD] = [600, 10, 1500];

const to = (index: number): string[] => [
  `${index % REFUSED_EACH === 3 ? "gone" : "ok"}-${index}@sink.test`,
];

const refuseGone: ReplyPolicy = (stage, { recipient }) =>
  stage === "rcpt" && recipient?.startsWith("gone") ? "550 5.1.1 no such user" : undefined;

async function suppressed({ scene }: OnCluster): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const at: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await scene.relay.api(`/api/v1/suppressions?limit=200${at}`);
    const page = (await answer.json()) as {
      items: { address: string }[];
      nextCursor: string | null;
    };
    found.push(...page.items.map(({ address }) => address));
    cursor = page.nextCursor;
  }
  return found.toSorted();
}

/** What leads: a stream, or a consumer of MAIL. */
const LEADERS = LONG
  ? ([["MAIL", "suppressions"], ["CHAIN"], ["MAIL", "lane"], ["LIMITS"], ["CONTROL"]] as const)
  : ([["MAIL", "suppressions"], ["CHAIN"]] as const);

const FAULTS = LONG ? (["kill", "freeze", "isolate"] as const) : (["kill"] as const);

/** Begins a fault of a leader; returns what ends it. */
async function begin({ cluster }: OnCluster, at: readonly string[], fault: string) {
  const [stream = "MAIL", kind] = at;
  const names = kind === undefined ? [] : await consumerNames(cluster.log, stream);
  const leader = await cluster.leaderOf(
    stream,
    names.find((one) => one.startsWith(kind ?? "")),
  );
  if (fault === "kill") await leader.kill();
  const heal = fault === "isolate" ? cluster.isolate(leader) : undefined;
  const thaw = fault === "freeze" ? leader.freeze() : undefined;
  return async (): Promise<void> => {
    heal?.();
    thaw?.();
    if (fault === "kill") await leader.start();
  };
}

test.each(FAULTS)(
  "what follows facts, and a backlog, go on by themselves when a leader has a fault: %s",
  async (fault) => {
    await using on = await openOnCluster({ sink: { reply: refuseGone, delayMs: 20 } });
    const { cluster, scene } = on;
    await putTenant(cluster.log, { id: "other" });
    const load = scene.load({ mails: MAILS, connections: 5, to });
    for (const at of LEADERS) {
      await flood(cluster.log, "other", FLOOD / LEADERS.length);
      const end = await begin(on, at, fault);
      const before = scene.sink.received;
      await until("deliveries", () => scene.sink.received > before + 20);
      await end();
      await cluster.inStep(["MAIL", "CONTROL", "BODIES", "CHAIN"]);
    }
    const report = await load;
    await scene.settled();
    const flooded = () => scene.sink.mails.get("flood")?.recipients.get("flood@sink.test") ?? 0;
    await until("the backlog", () => flooded() >= FLOOD, 120_000);
    const goneOf = (ids: readonly string[]) =>
      ids
        .map(Number)
        .filter((index) => index % REFUSED_EACH === 3)
        .map((index) => to(index)[0] ?? "");
    const gone = goneOf(report.accepted);
    // What had a 451 because its acknowledgement came too late is kept all the same.
    const late = new Set(goneOf(report.refused.map(({ id }) => id)));
    const found = async () => (await suppressed(on)).filter((one) => !late.has(one));
    await until("every suppression", async () => (await found()).length >= gone.length);
    expect(await found()).toEqual(gone.toSorted());
    expect(flooded()).toBe(FLOOD);
    expect(scene.sink.duplicates().filter(({ id }) => id !== "flood")).toEqual([]);
    expect(report.accepted.filter((id) => !scene.sink.mails.has(id)).length).toBe(gone.length);
    // The chain has no fault, and what it has sealed is whole.
    await until("the seal", async () =>
      (await verify(cluster.url)).every((one) => "notSealed" in one && one.notSealed === 0),
    );
    expect(await scene.viewsEqualRebuild()).toBe(true);
  },
  400_000,
);

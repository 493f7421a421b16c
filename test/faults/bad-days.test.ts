import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kill } from "../src/faults/kill.ts";
import { openScene, type Scene } from "../src/faults/scene.ts";
import { TenantOfProviders } from "../src/faults/tenant-of-providers.ts";
import { startSilentServer } from "../src/mail/silent-server.ts";
import { startSink, type Sink, type SinkOptions } from "../src/mail/sink.ts";
import { HERE } from "../src/relay/smtp-provider.ts";
import { until } from "../src/relay/until.ts";

/** Mails of a tenant in delivery at once: so many may be under way as a breaker opens. */
const AT_ONCE = 20;
/** Mails that wait for a provider on a bad day. */
const QUEUED = 10_000;
/** Milliseconds for them: they take less than one minute where nothing else runs. */
const PATIENCE = 20 * 60_000;

let scene: Scene;
const sinks: Sink[] = [];

beforeAll(async () => {
  scene = await openScene({ env: HERE });
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  await Promise.all(sinks.map((one) => one.stop()));
});

async function sink(options: SinkOptions = {}): Promise<Sink> {
  const made = await startSink(options);
  sinks.push(made);
  return made;
}

/** A sink that is not there: its port refuses. */
async function away(): Promise<Sink> {
  const made = await sink();
  await made.pause();
  return made;
}

const tenantOf = (id: string) => new TenantOfProviders(scene.log, id);
const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}-${at}`);

describe("a provider that falls silent", () => {
  test.each([
    ["takes the connection and never answers", "silent", "none"],
    ["hangs in TLS", "tls-hang", "implicit"],
  ] as const)(
    "and %s costs a few mails a while, and the others nothing",
    async (_words, id, tls) => {
      const [silent, good] = [await startSilentServer(), await sink()];
      const tenant = tenantOf(id);
      await tenant.provider("down", silent, { tls, concurrency: 10 });
      await tenant.provider("up", good);
      await tenant.open(["down", "up"], { breakerLadder: [600] });
      const mails = ids(id, 100);
      await tenant.queue(mails);
      const all = await tenant.delivered(mails.length);
      expect(new Set(all.map(({ provider }) => provider.id))).toEqual(new Set(["up"]));
      expect([...good.mails.keys()].toSorted()).toEqual(mails.toSorted());
      expect(good.duplicates()).toEqual([]);
      expect(await tenant.inState("down", "open")).toMatchObject({
        owner: "tenant",
        opens: 1,
        reason: { class: "retry" },
      });
      // Only those that were under way before it was known.
      expect((await tenant.events("failed")).length).toBeLessThanOrEqual(AT_ONCE + 5);
      silent.stop();
    },
  );
});

test("a provider that limits everything for a while is left alone meanwhile, and then gets all of it", async () => {
  let isLimited = true;
  const limited = await sink({
    reply: (stage) => (isLimited && stage === "mail" ? "421 4.7.28 rate limited" : undefined),
  });
  const tenant = tenantOf("limited");
  await tenant.provider("p", limited);
  await tenant.open(["p"], { breakerLadder: [2] });
  const mails = ids("limited", 200);
  await tenant.queue(mails);
  const found = await tenant.inState("p", "open");
  expect(found.reason).toMatchObject({ class: "throttled" });
  await until("another try", async () => ((await tenant.breaker("p"))?.opens ?? 0) >= 2);
  isLimited = false;
  const all = await tenant.delivered(mails.length);
  expect([limited.received, limited.mails.size]).toEqual([200, 200]);
  // Who waited has its first attempt still.
  const first = all.filter(({ attempt }) => attempt === 1);
  expect(first.length).toBeGreaterThan(200 - 2 * AT_ONCE);
  expect(await tenant.inState("p", "closed")).toMatchObject({ opens: 0 });
});

test("of ten providers of which nine are down, the tenth carries all mail", async () => {
  const tenant = tenantOf("ten");
  const names = ids("p", 10);
  for (const name of names.slice(0, 9)) await tenant.provider(name, await away());
  const good = await sink();
  await tenant.provider("p-9", good);
  await tenant.open(names, { breakerLadder: [600] });
  const mails = ids("ten", 100);
  await tenant.queue(mails);
  const all = await tenant.delivered(mails.length);
  expect([good.received, good.mails.size]).toEqual([100, 100]);
  expect(new Set(all.map(({ route }) => route.because))).toEqual(
    new Set(["instead of p-8: rule all: all mail"]),
  );
  for (const name of names.slice(0, 9)) await tenant.inState(name, "open");
  expect(await tenant.breaker("p-9")).toBeUndefined();
  expect((await tenant.events("failed")).every(({ wentOn }) => wentOn === true)).toBe(true);
});

test(
  "a queue drains at the limit of a provider that comes back, each mail once, and delays no neighbour",
  async () => {
    const back = await away();
    const tenant = tenantOf("queued");
    await tenant.provider("p", back, { concurrency: 3 });
    await tenant.open(["p"], { breakerLadder: [2, 5] });
    const mails = ids("queued", QUEUED);
    await tenant.queue(mails);
    await tenant.inState("p", "open");
    const [neighbour, good] = [tenantOf("beside"), await sink()];
    await neighbour.provider("p", good);
    await neighbour.open(["p"]);
    await neighbour.queue(["beside"]);
    await neighbour.delivered(1);
    expect(back.received).toBe(0);
    const begun = performance.now();
    await back.resume();
    for (const mark of [1000, 5000, QUEUED]) {
      await back.waitFor(({ received }) => received >= mark, PATIENCE);
      const rate = Math.round((mark * 1000) / (performance.now() - begun));
      console.log(JSON.stringify({ drained: mark, perSecond: rate }));
    }
    const all = await tenant.delivered(mails.length);
    expect([back.received, back.mails.size]).toEqual([QUEUED, QUEUED]);
    // One that is replaced, after 1000 mails or a timeout, may end here after its successor has begun.
    expect(back.peakConnections).toBeLessThanOrEqual(2 * 3);
    expect(all.filter(({ attempt }) => attempt === 1).length).toBeGreaterThan(QUEUED - 3 * AT_ONCE);
    expect(await tenant.events("deadlettered")).toEqual([]);
  },
  2 * PATIENCE,
);

test("what a provider may have kept is handed to no other", async () => {
  const taken: string[] = [];
  const [mute, good] = [
    await sink({
      reply: (stage, { id = "" }) => (stage === "dot" && taken.push(id) > 0 ? "close" : undefined),
    }),
    await sink(),
  ];
  const tenant = tenantOf("mute");
  await tenant.provider("mute", mute);
  await tenant.provider("up", good);
  await tenant.open(["mute", "up"], { breakerLadder: [600], onAmbiguous: "deadletter" });
  const mails = ids("mute", 100);
  await tenant.queue(mails);
  await until("the end of all", async () => {
    const ends = [await tenant.events("delivered"), await tenant.events("deadlettered")];
    return ends.flat().length >= mails.length;
  });
  expect([...taken, ...good.mails.keys()].toSorted()).toEqual(mails.toSorted());
  expect(taken.length).toBeGreaterThanOrEqual(5);
  expect(good.duplicates()).toEqual([]);
  expect((await tenant.inState("mute", "open")).reason).toMatchObject({ class: "ambiguous" });
});

const ask = async (path: string) => (await scene.relay.api(`/api/v1${path}`)).json();

test("that a provider is left alone is told, and by whom that was done", async () => {
  const demo = tenantOf("demo");
  await demo.provider("gone", await away());
  await demo.open(["gone"], { breakerLadder: [600] });
  await demo.queue(ids("told", 30));
  const { since, until: end } = await demo.inState("gone", "open");
  const told = { state: "open", since, until: end, opens: 1, reason: { class: "retry" } };
  await until("the API to know", async () => {
    const { breaker } = (await ask("/providers/gone/health")) as { breaker: { state: string } };
    return breaker.state === "open";
  });
  expect(await ask("/providers/gone/health")).toMatchObject({ breaker: told });
  const all = (await ask("/providers/health")) as { items: { provider: string }[] };
  expect(all.items.find(({ provider }) => provider === "gone")).toMatchObject({
    owner: "tenant",
    breaker: told,
    senderDomains: [],
  });
  const changes = await until("the activity", async () => {
    const found = (await ask("/activity?kind=breaker")) as { items: object[] };
    return found.items.length > 0 && found.items;
  });
  expect(changes).toMatchObject([
    {
      id: "gone",
      actor: "system",
      ip: null,
      reason: "left alone: retry",
      action: "made",
      after: told,
    },
  ]);
});

test("a provider that was left alone still is when the actors were killed, until its settings change", async () => {
  const [gone, back] = [await away(), await sink()];
  const tenant = tenantOf("killed");
  await tenant.provider("p", gone);
  await tenant.open(["p"], { breakerLadder: [600] });
  const mails = ids("killed", 50);
  await tenant.queue(mails);
  const before = await tenant.inState("p", "open");
  await kill(scene.relay, "--stages=actors");
  await gone.resume();
  await tenant.queue(["killed-late"]);
  await until("the late mail to wait", async () => {
    const subject = `timer.*.killed.>`;
    const { state } = await scene.log.jsm.streams.info("MAIL", { subjects_filter: subject });
    return Object.keys(state.subjects ?? {}).length === mails.length + 1;
  });
  expect(gone.connections).toBe(0);
  expect(await tenant.breaker("p")).toEqual(before);
  await tenant.provider("p", back);
  await until("all of them", () => back.mails.size === mails.length + 1);
  await tenant.delivered(mails.length + 1);
  expect(back.received).toBe(mails.length + 1);
});

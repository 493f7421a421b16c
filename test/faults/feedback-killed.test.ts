import { expect, test } from "vitest";
import { replay, STREAMS } from "@waybill/runtime";
import type { ControlFact, Suppression } from "@waybill/schemas";
import { makeHook } from "../src/faults/generic-hook.ts";
import { kill } from "../src/faults/kill.ts";
import { eventsOf, putTenant } from "../src/faults/log-access.ts";
import { IN_FLIGHT, openScene, type Scene } from "../src/faults/scene.ts";
import { survivors } from "../src/relay/processes.ts";
import { until } from "../src/relay/until.ts";

/** Mails that arrive and come back later, mails that are refused at once, and what one call tells. */
const [BACK, REFUSED, A_CALL] = [200, 100, 20];
const KILLS = 4;
/** Milliseconds that a sender waits for a relay that is started again. */
const PATIENCE = 120_000;

const toOne = (index: number): string[] => [
  index < BACK ? `back-${index}@sink.test` : `no-${index}@sink.test`,
];

const bounceOf = (mail: string, messageId = "") => ({
  type: "bounced",
  id: `bounce-${mail}`,
  messageId,
  recipient: toOne(Number(mail))[0],
  at: "2026-11-21T12:00:00.000Z",
  isHard: true,
  category: "invalid_recipient",
  response: "550 5.1.1 nobody of that name",
});

/** Addresses that the tenant's list holds, out of the log itself. */
async function suppressed({ log }: Scene): Promise<string[]> {
  const found = new Map<string, Suppression | null>();
  const filters = ["control.demo.suppression.*"];
  for await (const one of replay(log, { stream: STREAMS.control, filters })) {
    const { id, entity } = one.json<ControlFact>();
    found.set(id, entity as Suppression | null);
  }
  return [...found.values()].flatMap((one) => one?.address ?? []).toSorted();
}

/** The mails that reports which the sink has taken are about. */
const reportedAt = ({ sink }: Scene): string[] =>
  sink.raws
    .filter(({ from }) => from === "")
    .map(({ raw }) => /^X-Test-Id: (\S+)/im.exec(raw.toString())?.[1] ?? "");

async function killAll(scene: Scene): Promise<void> {
  const everything = scene.relay.processes();
  for (const { pid } of everything) process.kill(pid, "SIGKILL");
  await until("the end of all", () => survivors(everything).length === 0);
  await scene.startAgain();
}

test(
  "kill -9 of the actors and of everything, while mail comes back: every address is on the list, and every sender is told once",
  async () => {
    await using scene = await openScene({
      sink: {
        keep: "raw",
        reply: (stage, { recipient = "" }) =>
          stage === "rcpt" && recipient.startsWith("no-") ? "550 5.1.1 no such user" : undefined,
      },
    });
    const { relay, sink } = scene;
    await putTenant(scene.log, { id: "demo", notifySender: true });
    const hook = await makeHook(relay);
    const load = scene.load({ mails: BACK + REFUSED, to: toOne });
    await sink.waitFor(({ received }) => received > BACK / 4, PATIENCE);
    await kill(relay, "--stages=actors");
    const { queuedAs } = await load;
    await until("those that arrive", () => sink.mails.size >= BACK, PATIENCE);

    const bounces = [...queuedAs].filter(([mail]) => Number(mail) < BACK);
    const calls = Array.from({ length: BACK / A_CALL }, (_, at) =>
      bounces.slice(at * A_CALL, (at + 1) * A_CALL).map((one) => bounceOf(...one)),
    );
    const tell = (at: number) =>
      until(
        `call ${at}`,
        async () => (await hook.call(`call-${at}`, calls[at] ?? [])) === 200,
        PATIENCE,
      );
    for (const at of [0, 1]) await tell(at);
    await kill(relay, "--stages=actors");
    for (const at of [2, 3, 4]) await tell(at);
    const last = [5, 6, 7, 8, 9].map(tell);
    await killAll(scene);
    await Promise.all(last);
    await kill(relay, "--stages=actors");

    const all = Array.from({ length: BACK + REFUSED }, (_, at) => at)
      .flatMap(toOne)
      .toSorted();
    await until(
      "all addresses",
      async () => (await suppressed(scene)).length >= all.length,
      PATIENCE,
    );
    expect(await suppressed(scene)).toEqual(all);
    await until("all reports", () => new Set(reportedAt(scene)).size >= REFUSED, PATIENCE);
    await scene.settled();
    const accepted = await eventsOf(scene.log, "demo", "accepted");
    const reports = accepted.filter(({ submission }) => submission.protocol === "internal");
    expect(reports).toHaveLength(REFUSED);
    // A report that was at the sink and not yet in the log when its actor died is sent again.
    expect(reportedAt(scene).length - REFUSED).toBeLessThanOrEqual(KILLS * IN_FLIGHT);
    expect(
      new Set((await eventsOf(scene.log, "demo", "bounced")).map((one) => one.recipient)).size,
    ).toBe(BACK);
    expect(await scene.viewsEqualRebuild()).toBe(true);
  },
  10 * 60_000,
);

import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChainLink } from "@waybill/schemas";
import { expect, it } from "vitest";
import type { Nats } from "../nats.ts";
import { replay } from "../replay.ts";
import { STREAMS } from "../streams.ts";
import { startLog } from "../testing/log-server.ts";
import { allSealed, append } from "./testing/kit.ts";
import { sealing } from "./testing/sealing.ts";

const TENANTS = ["a", "b", "c"];

/** Appends events of all tenants, each until it is kept; what a lost answer repeats is an event too. */
async function appendMany(nats: Nats, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const one = (tenant: string) => append(nats, tenant, `${round}`).catch(() => sleep(20));
    await Promise.all(TENANTS.flatMap((tenant) => [one(tenant), one(tenant)]));
  }
}

/** The sequences of a tenant's events in MAIL, and in its links. */
async function sequencesOf(nats: Nats, tenant: string) {
  const [events, sealed]: [number[], number[]] = [[], []];
  const inMail = { stream: STREAMS.mail, filters: [`mail.*.*.${tenant}.*`] };
  for await (const { seq } of replay(nats, inMail)) events.push(seq);
  const inChain = { stream: STREAMS.chain, filters: [`chain.${tenant}`] };
  for await (const one of replay(nats, inChain))
    sealed.push(...one.json<ChainLink>().leaves.map(([seq]) => seq));
  return { events, sealed };
}

/** What does not fit, once all is sealed: of each tenant the fault, or both lists when they are not the same. */
async function notWhole(nats: Nats): Promise<unknown[]> {
  const found = await allSealed(nats);
  const lists = await Promise.all(TENANTS.map((tenant) => sequencesOf(nats, tenant)));
  const differing = lists.filter(({ events, sealed }) => events.join() !== sealed.join());
  return [...Object.values(found).flatMap(({ fault }) => fault ?? []), ...differing];
}

it("seals what was there before it, and many events in one link", async () => {
  await using log = await startLog();
  await appendMany(log.nats, 100);
  const sealer = sealing(log.nats);
  expect(await notWhole(log.nats)).toEqual([]);
  await appendMany(log.nats, 10);
  expect(await notWhole(log.nats)).toEqual([]);
  await sealer.stop();
  const { links = 0, events } = (await allSealed(log.nats))["a"] ?? {};
  expect(events).toBe(220);
  expect(links).toBeLessThan(20);
});

it("never forks a chain nor skips an event, when several seal at once", async () => {
  await using log = await startLog();
  const sealers = [1, 2, 3].map(() => sealing(log.nats));
  await appendMany(log.nats, 500);
  expect(await notWhole(log.nats)).toEqual([]);
  await Promise.all(sealers.map((one) => one.stop()));
});

it("never forks a chain nor skips an event, killed again and again, and NATS with it", async () => {
  await using log = await startLog();
  const program = join(import.meta.dirname, "testing/sealer-process.ts");
  const appending = { is: true };
  const appended = appendMany(log.nats, 800).finally(() => (appending.is = false));
  let kills = 0;
  for (let pause = 0; appending.is || kills < 8; pause = (pause + 130) % 900) {
    const sealer = fork(program, [log.url], { execArgv: [] });
    await once(sealer, "spawn");
    await sleep(300 + pause);
    if (kills === 3) process.kill(log.pid(), "SIGKILL");
    const ended = once(sealer, "exit");
    process.kill(sealer.pid ?? 0, "SIGKILL");
    await ended;
    kills += 1;
  }
  await appended;
  const last = sealing(log.nats);
  expect(await notWhole(log.nats)).toEqual([]);
  await last.stop();
}, 300_000);

import { join } from "node:path";
import { expect, test } from "vitest";
import { diskFor } from "../src/faults/small-disk.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene, type Scene } from "../src/faults/scene.ts";
import { until } from "../src/relay/until.ts";

const readiness = async ({ relay }: Scene) => {
  const answer = await relay.api("/readyz");
  const { errors } = (await answer.json()) as { errors?: { field: string; rule: string }[] };
  return { status: answer.status, errors };
};

/** So many mails, numbered from `from` on. */
const load = (scene: Scene, from: number, mails: number) =>
  scene.load({
    mails,
    connections: 5,
    id: (index) => String(from + index),
    to: (index) => [`ok-${from + index}@sink.test`],
  });

test("a full disk is told by the readiness while the log refuses mail, and no longer than that", async (context) => {
  using disk = diskFor(context);
  await using scene = await openScene({ data: join(disk.folder, "data") });
  const before = await load(scene, 0, 20);
  expect((await readiness(scene)).status).toBe(200);

  await disk.fill();
  const loading = load(scene, 20, 300);
  const told = await until("the readiness to tell", async () => {
    const said = await readiness(scene);
    return said.errors?.find(({ field }) => field === "log");
  });
  expect(told.rule).toMatch(/^must take what is written: (BODIES|BODIES, MAIL|MAIL)$/);
  disk.empty();

  const during = await loading;
  const until250 = async () => {
    const one = await load(scene, 320, 1);
    return one.accepted.length === 1 && one;
  };
  const last = await until("the door", until250);
  await until("the readiness", async () => (await readiness(scene)).status === 200);
  expect(during.refused.filter(({ reply }) => !reply.startsWith("451 4.3.0"))).toEqual([]);
  const accepted = [...before.accepted, ...during.accepted, ...last.accepted];
  const queuedAs = new Map([...before.queuedAs, ...during.queuedAs, ...last.queuedAs]);
  expect(await scene.reckon({ ...during, accepted, queuedAs })).toMatchObject(CLEAN);
  expect(await scene.viewsEqualRebuild()).toBe(true);
}, 400_000);

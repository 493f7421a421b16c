import { expect, test } from "vitest";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene } from "../src/faults/scene.ts";
import { folderOf, ordinaryUser } from "../src/relay/ordinary-user.ts";
import { survivors } from "../src/relay/processes.ts";
import { until } from "../src/relay/until.ts";

test("an ordinary user runs the whole relay", async () => {
  const user = ordinaryUser();
  await using scene = await openScene({ data: folderOf(user), ...(user && { user }) });
  const report = await scene.load({ mails: 200 });
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, accepted: 200, extra: 0 });
  const all = scene.relay.processes();
  expect(await scene.relay.stop()).toBe(0);
  await until("the end of all", () => survivors(all).length === 0);
});

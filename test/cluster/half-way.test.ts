import { expect, test } from "vitest";
import { openOnCluster } from "../src/cluster/relay-on-cluster.ts";
import { processTree } from "../src/relay/processes.ts";
import { until } from "../src/relay/until.ts";

const commands = (): string[] =>
  processTree(process.pid)
    .filter(({ pid }) => pid !== process.pid)
    .map(({ command }) => command);

test("a relay on a cluster that cannot start leaves no process behind", async () => {
  const before = commands();
  const open = openOnCluster({ env: { WAYBILL_LANES: "not a number" } });
  await expect(open).rejects.toThrow("WAYBILL_LANES");
  await until("nothing left", () => commands().length === before.length);
  expect(commands()).toEqual(before);
}, 200_000);

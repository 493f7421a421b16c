import type { Tenant } from "@waybill/schemas";
import { expect, test } from "vitest";
import { ownFact, putNew } from "./control.ts";
import { unlock } from "./master-key.ts";
import { makeSecrets } from "./secrets.ts";
import { startLog } from "./testing/log-server.ts";

const [MASTER, OTHER] = ["the master key of this installation", "a master key of another one"];

test("processes that start at once agree on the hashing key, which is not the master key's", async () => {
  await using log = await startLog();
  const all = await Promise.all([1, 2, 3].map(() => unlock(log.nats, MASTER)));
  const hashes = new Set([...all, await unlock(log.nats, MASTER)].map((one) => one.hash("x")));
  expect(hashes.size).toBe(1);
  expect(hashes).not.toContain(makeSecrets(MASTER).hash("x"));
});

test("a start with another master key is refused with words", async () => {
  await using log = await startLog();
  await unlock(log.nats, MASTER);
  await expect(unlock(log.nats, OTHER)).rejects.toThrow(
    /master key is not the one that this installation/,
  );
});

test("an installation older than its hashing key keeps its hashes", async () => {
  await using log = await startLog();
  const demo: Tenant = {
    kind: "tenant",
    id: "demo",
    name: "Demo",
    concurrency: 1,
    retryLadder: [],
    onAmbiguous: "retry",
  };
  await putNew(log.nats, ownFact("demo", demo, "test"));
  const secrets = await unlock(log.nats, MASTER);
  expect(secrets.matches("an old password", makeSecrets(MASTER).hash("an old password"))).toBe(
    true,
  );
});

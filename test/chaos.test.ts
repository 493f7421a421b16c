import { expect, test } from "vitest";
import { complaint, report } from "./src/chaos/report.ts";
import { runChaos } from "./src/chaos/run.ts";

/** Of a minute: kills of everything, of the actors and of nats-server, a power cut, a full disk and a slow one, a clock that is set. */
const OPTIONS = { minutes: 1, seed: 13 };

test("a minute of faults at random breaks no promise, and leaves nothing behind", async () => {
  // A file system that anybody still uses cannot be unmounted: then this rejects.
  await using stack = new AsyncDisposableStack();
  const findings = await runChaos(OPTIONS, stack, console.log);
  console.log(report(OPTIONS, findings));
  expect(complaint(OPTIONS, findings)).toBe("");
  expect(findings.doors.accepted).toBeGreaterThan(500);
  expect(findings.looks).toBeGreaterThan(5);
}, 900_000);

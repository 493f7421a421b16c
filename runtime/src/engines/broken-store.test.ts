import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchStore } from "./broken-store.ts";

const AT = "[7] 2026/01/01 00:00:00.000000";
const FULL = "write /data/nats/jetstream/$G/streams/MAIL/msgs/1.blk: no space left on device";
const FIRST = `${AT} [ERR] JetStream stream '$G > MAIL' critical write error: ${FULL}\n`;
const AGAIN = `${AT} [ERR] JetStream failed to store a msg on stream '$G > MAIL': ${FULL}\n`;

let folder: string;
let path: string;
let end: () => void;
const onBroken = vi.fn<() => void>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-test-"));
  path = join(folder, "nats.log");
  writeFileSync(path, FIRST);
  onBroken.mockReset();
  end = watchStore({ path }, folder, onBroken);
});
afterEach(() => {
  end();
  rmSync(folder, { recursive: true });
});

test.each([FIRST, AGAIN])("a store that can write no more is told of: %s", async (line) => {
  appendFileSync(path, line);
  await vi.waitFor(() => expect(onBroken).toHaveBeenCalled());
});

test("what was printed before, and other lines, are nothing to it", async () => {
  appendFileSync(path, `${AT} [ERR] JetStream failed to store a msg: maximum bytes exceeded\n`);
  appendFileSync(path, `${AT} [WRN] Filestore [MAIL] Message scheduling state is outdated\n`);
  await new Promise((resolve) => setImmediate(resolve));
  expect(onBroken).not.toHaveBeenCalled();
  truncateSync(path);
  appendFileSync(path, AGAIN);
  await vi.waitFor(() => expect(onBroken).toHaveBeenCalled());
});

test("a watch may be ended twice, as an engine may be stopped twice", () => {
  end();
  expect(end).not.toThrow();
});

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diskFor } from "./small-disk.ts";

test("a disk whose power is cut keeps what was synced, and nothing else", async (context) => {
  using disk = diskFor(context);
  const [synced, written] = [join(disk.folder, "synced"), join(disk.folder, "written")];
  writeFileSync(synced, "kept", { flush: true });
  writeFileSync(written, "lost");
  expect(readFileSync(written, "utf8")).toBe("lost");
  disk.cut();
  await disk.powerBack();
  expect(readFileSync(synced, "utf8")).toBe("kept");
  expect(existsSync(written) && readFileSync(written, "utf8")).not.toBe("lost");
});

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pathOf } from "../bodies/fs.ts";
import { readConfig } from "../config.ts";
import { newMessageId } from "../ids.ts";
import { bodiesElsewhere, keepBodies, putBodies } from "./body-files.ts";
import { beginFolder } from "./folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const SIZES = [0, 1, 511, 512, 513, 300_000];

/** Bodies of some sizes in a data folder, each changed at a time of its own. */
function bodiesIn(data: string) {
  return SIZES.map((size, at) => {
    const owner = { tenant: "t".repeat(40), messageId: newMessageId() };
    const path = pathOf(join(data, "bodies"), owner);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.alloc(size, at + 1));
    utimesSync(path, 1_700_000_000 + at, 1_700_000_000 + at);
    return owner;
  });
}

async function kept(data: string) {
  const draft = await beginFolder(join(folder, "kept"));
  const part = await keepBodies(readConfig({ WAYBILL_DATA: data }), draft);
  await draft.finish();
  if (part === undefined) throw new Error("nothing was kept");
  return part;
}

test("bodies come back with their bytes, their age and what their folder is known by, and tar reads them too", async () => {
  const data = join(folder, "data");
  const owners = bodiesIn(data);
  mkdirSync(join(data, "bodies/drafts"));
  writeFileSync(join(data, "bodies/drafts/one"), "unfinished");
  writeFileSync(join(data, "bodies/waybill-a1"), "");
  const part = await kept(data);
  const restored = join(folder, "restored");
  await putBodies(readConfig({ WAYBILL_DATA: restored }), part, join(folder, "kept"));
  expect(existsSync(join(restored, "bodies/waybill-a1"))).toBe(true);
  const unpacked = join(folder, "unpacked");
  mkdirSync(unpacked);
  execFileSync("tar", ["-xf", join(folder, "kept", part.file), "-C", unpacked]);
  for (const [at, owner] of owners.entries())
    for (const root of [join(restored, "bodies"), unpacked]) {
      const path = pathOf(root, owner);
      expect(readFileSync(path).equals(Buffer.alloc(SIZES[at] ?? 0, at + 1))).toBe(true);
      expect([statSync(path).mtimeMs, statSync(path).mode & 0o777]).toEqual([
        (1_700_000_000 + at) * 1000,
        0o600,
      ]);
    }
});

test("an archive that is cut off leaves no folder", async () => {
  const data = join(folder, "data");
  bodiesIn(data);
  const part = await kept(data);
  const path = join(folder, "kept", part.file);
  writeFileSync(path, readFileSync(path).subarray(0, -2000));
  const config = readConfig({ WAYBILL_DATA: join(folder, "restored") });
  await expect(putBodies(config, part, join(folder, "kept"))).rejects.toThrow("cut off");
  expect(() => statSync(join(folder, "restored/bodies"))).toThrow("ENOENT");
});

test("what is elsewhere is left there, and told", async () => {
  const elsewhere = join(folder, "elsewhere");
  mkdirSync(elsewhere);
  const config = readConfig({
    WAYBILL_DATA: join(folder, "data"),
    WAYBILL_BODY_FOLDER: elsewhere,
    WAYBILL_S3_BUCKET: "mail",
  });
  expect(bodiesElsewhere(config)).toEqual([`the folder ${elsewhere}`, "the bucket mail"]);
  expect(await keepBodies(config, await beginFolder(join(folder, "kept")))).toBeUndefined();
  expect(bodiesElsewhere(readConfig({}))).toEqual([]);
});

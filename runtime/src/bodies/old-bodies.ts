import { rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeTime } from "ulid";
import type { Config } from "../config.ts";
import { isThere, namesIn } from "./folders.ts";
import { bodyFolder, lazyBucket } from "./open.ts";
import { HOURS } from "./paths.ts";
import { ownerOf } from "./place.ts";
import type { Bucket } from "./s3-bucket.ts";
import type { BodyOwner } from "./store.ts";

/** A body in a store; `changed` is when its last octet was kept, in milliseconds since 1970. */
export type OldBody = BodyOwner & { changed: number; remove: () => Promise<void> };

/** When a message was begun, as its id has it; ids that are cut short count from their beginning. */
const begunAt = (id: string): number => decodeTime(id.padEnd(26, "0"));

/** Bodies in files, a folder at once, oldest first. */
async function* oldFiles(root: string, before: number): AsyncGenerator<OldBody[]> {
  for (const hours of (await namesIn(root)).filter((name) => HOURS.test(name))) {
    if (begunAt(hours) >= before) return;
    for (const shard of await namesIn(join(root, hours))) {
      yield await filesIn(join(root, hours, shard), before);
      await removeEmpty(join(root, hours, shard), hours, before);
    }
    await removeEmpty(join(root, hours), hours, before);
  }
}

async function filesIn(folder: string, before: number): Promise<OldBody[]> {
  const found: OldBody[] = [];
  for (const name of await namesIn(folder)) {
    const [owner, path] = [ownerOf(name), join(folder, name)];
    const changed = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity,
    );
    if (owner !== undefined && changed < before)
      found.push({ ...owner, changed, remove: () => rm(path, { force: true }) });
  }
  return found;
}

/** Removes a folder into which nobody writes any more, unless there is something in it. */
async function removeEmpty(folder: string, hours: string, before: number): Promise<void> {
  const isOver = decodeTime(hours.padEnd(10, "Z").padEnd(26, "0")) < before;
  if (isOver) await rmdir(folder).catch(() => undefined);
}

/** Bodies in a bucket, a thousand at once, oldest first: their names sort by time. */
async function* oldObjects(
  bucket: Bucket,
  { name: of, prefix }: { name: string; prefix: string },
  before: number,
): AsyncGenerator<OldBody[]> {
  let from: string | undefined;
  do {
    const page = await bucket.list(prefix, from);
    const found = page.objects.flatMap(({ key, changed }) => {
      const owner = ownerOf(key.slice(prefix.length));
      const remove = () => bucket.remove(of, [key]);
      return owner === undefined ? [] : [{ ...owner, changed: changed.getTime(), remove }];
    });
    yield found.filter(({ changed }) => changed < before);
    const last = found.at(-1);
    from = last !== undefined && begunAt(last.messageId) >= before ? undefined : page.next;
  } while (from !== undefined);
}

/**
 * What files and bucket keep since before a moment (milliseconds since 1970), in lists of a
 * thousand or so, whichever store new bodies go to. The log's own store forgets by itself. Nothing in between
 * is held in memory.
 */
export async function* oldBodies(config: Config, before: number): AsyncGenerator<OldBody[]> {
  const folder = bodyFolder(config);
  if (await isThere(folder)) yield* oldFiles(folder, before);
  const { WAYBILL_S3_BUCKET: name, WAYBILL_S3_PREFIX: prefix } = config;
  if (name === undefined) return;
  const bucket = await lazyBucket(config)();
  try {
    yield* oldObjects(bucket, { name, prefix }, before);
  } finally {
    bucket.close();
  }
}

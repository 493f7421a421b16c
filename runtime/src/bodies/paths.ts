import { join } from "node:path";
import { namesIn } from "./folders.ts";
import { ownerOf } from "./place.ts";

/** The folder of some hours; drafts have another. */
export const HOURS = /^[0-9A-HJKMNP-TV-Z]{5}$/;

/** Paths of the bodies in a folder, within it, oldest first. */
export async function* bodyPaths(root: string): AsyncGenerator<string> {
  for (const hours of (await namesIn(root)).filter((name) => HOURS.test(name)))
    for (const shard of await namesIn(join(root, hours)))
      for (const name of await namesIn(join(root, hours, shard)))
        if (ownerOf(name) !== undefined) yield join(hours, shard, name);
}

import { closeSync, fstatSync, openSync, readSync, statfsSync, watch } from "node:fs";
import type { LogFile } from "./log-file.ts";

/** What nats-server says of a stream that it can write no more; the errors of a file begin with the call. */
const BROKEN = /(?:critical write error|failed to store a msg).*: (?:write|open|sync) /i;

/** Octets a disk must have free before a start on it is worth trying. */
const ROOM = 16 * 1024 ** 2;

const PIECE = Buffer.alloc(64 * 1024);

/** What was printed since the last time, or since the file became empty; of very much, the beginning. */
function reader(fd: number): () => string {
  let at = fstatSync(fd).size;
  return () => {
    const { size } = fstatSync(fd);
    if (size < at) at = 0;
    const length = readSync(fd, PIECE, 0, PIECE.length, at);
    at = size;
    return PIECE.toString("utf8", 0, length);
  };
}

function hasRoom(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= ROOM;
}

/**
 * Calls `onBroken` when a nats-server says that it cannot write, and its disk has room: it keeps the
 * first error of a stream for as long as it lives (measured with 2.14.0). Who tries to write has it say
 * so again, so that room which comes later is seen at the next try. Returns what ends the watch, however often it is called.
 */
export function watchStore(
  { path }: Pick<LogFile, "path">,
  folder: string,
  onBroken: () => void,
): () => void {
  const fd = openSync(path, "r");
  const news = reader(fd);
  const watcher = watch(path, { persistent: false }, () => {
    if (BROKEN.test(news()) && hasRoom(folder)) onBroken();
  });
  let isWatching = true;
  return () => {
    if (!isWatching) return;
    isWatching = false;
    watcher.close();
    closeSync(fd);
  };
}

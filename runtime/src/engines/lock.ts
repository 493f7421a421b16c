import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createServer } from "node:net";

import { StartError } from "../start-error.ts";
import { hasCode } from "./files.ts";

/**
 * Makes this process the one holder of a folder, until the returned function is called or
 * the process dies: the name in the abstract socket namespace (unix(7)) goes with it, no stale
 * file is left. Device and inode name the folder whatever path leads to it. Containers that share
 * a volume but not a network are not seen by each other. Linux only.
 * @throws the error of the socket, EADDRINUSE when another process holds it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const { dev, ino } = await stat(folder, { bigint: true });
  const server = createServer((socket) => socket.destroy());
  server.listen({ path: `\0waybill-${dev}-${ino}`, exclusive: true }).unref();
  await once(server, "listening");
  return async () => {
    server.close();
    await once(server, "close");
  };
}

/** The same of a data folder. @throws StartError when another process holds it */
export const lockDataFolder = (folder: string): Promise<() => Promise<void>> =>
  lockFolder(folder).catch((cause: unknown) => {
    throw lockError(folder, cause);
  });

function lockError(folder: string, cause: unknown): StartError {
  if (!hasCode(cause, "EADDRINUSE")) {
    const message = "the embedded engines need Linux";
    return new StartError(message, "set NATS_URL and DATABASE_URL to servers elsewhere", {
      cause,
    });
  }
  const message = `the data folder ${folder} is in use by another process`;
  return new StartError(message, "stop that one, or set WAYBILL_DATA to another folder", {
    cause,
  });
}

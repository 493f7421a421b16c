import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";

export interface NatsConfig {
  folder: string;
  port: number;
  user: string;
  password: string;
  /** Bytes JetStream may keep on disk. */
  maxFileStore: number;
}

/**
 * The configuration file of an embedded nats-server. `sync_interval: always` makes it sync before
 * it acknowledges (law 1); `max_payload` keeps the server's default, 1 MB. JSON strings are
 * strings in its format too.
 */
export function natsConfig(config: NatsConfig): string {
  const { folder, port, user, password, maxFileStore } = config;
  return `server_name: waybill
listen: "127.0.0.1:${port}"
pid_file: ${JSON.stringify(join(folder, "nats.pid"))}
authorization { user: ${JSON.stringify(user)}, password: ${JSON.stringify(password)} }
write_deadline: "10s"
ping_interval: "20s"
jetstream {
  store_dir: ${JSON.stringify(folder)}
  sync_interval: always
  max_file_store: ${maxFileStore}
}
`;
}

/**
 * Nine tenths of what the store has and could have, in bytes. The server's own default counts
 * only what is free when it starts, and so refuses to write after a restart with a well-filled
 * store; and a disk that runs full makes it turn JetStream off until the next start.
 */
export async function roomForStore(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.floor((bavail * bsize + (await sizeOf(join(folder, "jetstream")))) * 0.9);
}

async function sizeOf(folder: string): Promise<number> {
  const options = { recursive: true, withFileTypes: true } as const;
  const entries = await readdir(folder, options).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map((file) => stat(join(file.parentPath, file.name)));
  const sum = (await Promise.all(sizes)).reduce((total, { size }) => total + size, 0);
  return sum;
}

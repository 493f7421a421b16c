import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { userInfo, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "minio";
import { freePort } from "../engines/ports.ts";

const run = promisify(execFile);
const PARTS = ["account", "container", "object"] as const;
const [ACCESS_KEY, SECRET_KEY, BUCKET] = ["relay", "bodies-secret", "bodies"] as const;

const isInstalled = (program: string): boolean =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Whether OpenStack Swift is here; says loudly what is not tested when it is not. */
export function hasS3(): boolean {
  const found = [...PARTS, "proxy"].every((part) => isInstalled(`swift-${part}-server`));
  const packages = "swift-proxy swift-account swift-container swift-object";
  if (!found)
    console.warn(`NOT TESTED: bodies in S3; apt-get install ${packages} makes it possible`);
  return found;
}

type Place = { folder: string; port: number };

const partConf = (part: string, { folder, port }: Place): string => `
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
swift_dir = ${folder}/etc
devices = ${folder}/srv
mount_check = false
container_update_timeout = 60
workers = 0
log_level = WARNING
[pipeline:main]
pipeline = ${part}-server
[app:${part}-server]
use = egg:swift#${part}
fallocate_reserve = 0
`;

const proxyConf = ({ folder, port }: Place): string => `
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
swift_dir = ${folder}/etc
workers = 0
log_level = WARNING
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache s3api tempauth bulk slo dlo proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_${ACCESS_KEY}_${ACCESS_KEY} = ${SECRET_KEY} .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[app:proxy-server]
use = egg:swift#proxy
node_timeout = 60
conn_timeout = 10
recoverable_node_timeout = 60
error_suppression_limit = 1000
account_autocreate = true
allow_account_management = true
`;

const SWIFT = `
[swift-hash]
swift_hash_path_suffix = tests
swift_hash_path_prefix = tests
[storage-policy:0]
name = gold
default = yes
`;

/** Makes the rings in one process: starting Python for each step takes minutes on a busy machine. */
const RINGS = `
import sys
from swift.common.ring import RingBuilder
for word in sys.argv[2:]:
    part, port = word.split("=")
    builder = RingBuilder(6, 1, 0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "sda", "weight": 1})
    builder.rebalance()
    builder.get_ring().save(f"{sys.argv[1]}/{part}.ring.gz")
`;

/** Whether somebody answers there, whatever the answer is. */
const isUp = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/healthcheck`, { signal: AbortSignal.timeout(5000) }).then(
    () => true,
    () => false,
  );

/** Settings of the relay for a real S3 server, and the means to take it away. */
export type S3Server = AsyncDisposable & {
  settings: Record<string, string>;
  client: Client;
  /** Lets all of it stand still, or go on. */
  signal(signal: NodeJS.Signals): void;
};

/** Writes what the servers read; their ports, the proxy's first. */
async function configure(folder: string): Promise<[number, ...number[]]> {
  for (const part of ["etc", "srv/sda"]) mkdirSync(join(folder, part), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(folder, "etc", name), text);
  write("swift.conf", SWIFT);
  const ports: number[] = [];
  for (const part of PARTS) {
    const place = { folder, port: await freePort() };
    write(`${part}.conf`, partConf(part, place));
    ports.push(place.port);
  }
  await run("/usr/bin/python3", [
    "-c",
    RINGS,
    join(folder, "etc"),
    ...PARTS.map((part, at) => `${part}=${ports[at]}`),
  ]);
  const port = await freePort();
  write("proxy.conf", proxyConf({ folder, port }));
  return [port, ...ports];
}

/** The proxy answers before those behind it do. */
async function makeBucket(client: Client): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const failed = await client.makeBucket(BUCKET).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failed === undefined) return;
    if (tries === 50) throw failed;
    await sleep(200);
  }
}

/** OpenStack Swift with its S3 interface, on loopback, with an empty bucket. */
export async function startS3(): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), "waybill-s3-"));
  const ports = await configure(folder);
  const [port] = ports;
  const children: ChildProcess[] = [...PARTS, "proxy"].map((part) =>
    spawn(`swift-${part}-server`, [join(folder, "etc", `${part}.conf`)], { stdio: "ignore" }),
  );
  const signal = (name: NodeJS.Signals) => children.forEach((child) => child.kill(name));
  // A test that gave up waiting for it leaves nothing behind either.
  process.once("exit", () => signal("SIGKILL"));
  for (const each of ports) while (!(await isUp(each))) await sleep(100);
  const client = new Client({
    endPoint: "127.0.0.1",
    port,
    useSSL: false,
    region: "us-east-1",
    accessKey: `${ACCESS_KEY}:${ACCESS_KEY}`,
    secretKey: SECRET_KEY,
    retryOptions: { disableRetry: true },
  });
  await makeBucket(client);
  const settings = {
    WAYBILL_S3_ENDPOINT: `http://127.0.0.1:${port}`,
    WAYBILL_S3_BUCKET: BUCKET,
    WAYBILL_S3_ACCESS_KEY: `${ACCESS_KEY}:${ACCESS_KEY}`,
    WAYBILL_S3_SECRET_KEY: SECRET_KEY,
  };
  const stop = async () => {
    const ended = children
      .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
      .map((child) => once(child, "exit"));
    signal("SIGKILL");
    await Promise.all(ended);
    rmSync(folder, { recursive: true });
  };
  return { settings, client, signal, [Symbol.asyncDispose]: stop };
}

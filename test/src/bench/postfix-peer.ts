import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../relay/free-port.ts";
import type { Peer } from "./peer.ts";

const run = promisify(execFile);
const MASTER = "/usr/share/postfix/master.cf.dist";

/** Whether Postfix is installed, and this process may start it. */
export const hasPostfix = (): boolean => existsSync(MASTER) && process.getuid?.() === 0;

/** As Debian has it, but for the folders, who may send, and where all goes; 20 connections, as our provider. */
const mainCf = (folder: string, sinkPort: number): string => `
compatibility_level = 3.6
queue_directory = ${folder}/spool
data_directory = ${folder}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${folder}/postfix.log
maillog_file_prefixes = ${folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.bench.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
relay_domains = static:all
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
relayhost = [127.0.0.1]:${sinkPort}
smtp_destination_concurrency_limit = 20
initial_destination_concurrency = 20
`;

/** Debian's services without chroot, smtpd on one port of loopback, and a log of its own. */
const masterCf = (port: number): string =>
  readFileSync(MASTER, "utf8")
    .replace(/^smtp( +inet.*smtpd)$/m, `127.0.0.1:${port}$1`)
    .replaceAll(/^(\S+ +(?:inet|unix|fifo|pass) +\S+ +\S+ +)[yn] /gm, "$1n ");

/** Starts a private Postfix that keeps everything in `folder`, with more lines of main.cf; stopped with the stack. */
export async function startPostfix(
  folder: string,
  sinkPort: number,
  stack: AsyncDisposableStack,
  more = "",
): Promise<Peer> {
  const port = await freePort();
  const etc = join(folder, "etc");
  for (const path of [etc, join(folder, "spool"), join(folder, "data")])
    await mkdir(path, { recursive: true });
  await run("chown", ["postfix", join(folder, "data")]);
  await chmod(folder, 0o755);
  await writeFile(join(etc, "main.cf"), `${mainCf(folder, sinkPort)}${more}\n`);
  await writeFile(join(etc, "master.cf"), masterCf(port));
  stack.defer(async () => void (await run("postfix", ["-c", etc, "stop"]).catch(() => undefined)));
  await run("postfix", ["-c", etc, "start"]);
  return { name: "postfix", port };
}

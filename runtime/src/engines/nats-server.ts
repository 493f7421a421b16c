import { mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { basename, join } from "node:path";

import { watchStore } from "./broken-store.ts";
import type { Engine, EngineLog } from "./engine.ts";
import { keptPassword, writePrivate } from "./files.ts";
import { openLogFile } from "./log-file.ts";
import { natsBinary } from "./nats-binary.ts";
import { natsConfig, roomForStore } from "./nats-config.ts";
import { freePort } from "./ports.ts";
import { endStrayProcess } from "./stray.ts";
import { supervise, type Supervisor } from "./supervisor.ts";
import { spawnGuarded } from "./watchdog.ts";

const USER = "waybill";

export interface NatsServerOptions {
  /** Everything it keeps, as a real path; made when it is not there. */
  folder: string;
  /** The program, when it shall not be looked for. */
  binary?: string | undefined;
  log: EngineLog;
}

/** A nats-server with JetStream on a loopback port, ready to be used. Throws StartError. */
export async function startNatsServer({ folder, binary, log }: NatsServerOptions): Promise<Engine> {
  const command = await natsBinary(binary);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const stray = { pidFile: join(folder, "nats.pid"), command: basename(command), cwd: folder };
  if ((await endStrayProcess(stray)) === "ended") log.warn({ engine: "nats" }, "ended a stray");

  const port = await freePort();
  const password = await keptPassword(join(folder, "password"));
  const maxFileStore = await roomForStore(folder);
  const config = join(folder, "nats.conf");
  await writePrivate(config, natsConfig({ folder, port, user: USER, password, maxFileStore }));

  const output = openLogFile(join(folder, "nats.log"));
  const spawn = () =>
    spawnGuarded({ command, args: ["-c", config], cwd: folder, output: output.fd });
  const isReady = () => answers(port);
  const supervisor = await supervise({ name: "nats", spawn, isReady, output, log });
  const end = watchStore(output, folder, () => startAgain(supervisor, log));
  const stop = () => {
    end();
    return supervisor.stop();
  };
  const url = `nats://${USER}:${password}@127.0.0.1:${port}`;
  return {
    url,
    get pid() {
      return supervisor.pid;
    },
    stop,
  };
}

function startAgain(supervisor: Supervisor, log: EngineLog): void {
  log.warn({ engine: "nats" }, "engine cannot write, though its disk has room: starting it again");
  supervisor.startAgain();
}

/** It greets with INFO only once JetStream has recovered. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("data", (data) => {
      resolve(data.toString("latin1").startsWith("INFO "));
      socket.destroy();
    });
  });
}

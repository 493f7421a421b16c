import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { natsBinary } from "@waybill/runtime/engines";
import { until } from "../relay/until.ts";

export const CONFIG = resolve(import.meta.dirname, "../../../deploy/nats/cluster.conf");

/** Whether a nats-server greets at a port. */
const greets = (port: number): Promise<boolean> =>
  new Promise((tell) => {
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(1000, () => socket.destroy());
    socket.once("error", () => tell(false));
    socket.once("close", () => tell(false));
    socket.once("data", (data) => {
      tell(data.toString("latin1").startsWith("INFO "));
      socket.destroy();
    });
  });

/** Kills it when this process ends, as it does with a test that takes too long. */
function endWithUs(child: ChildProcess): void {
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
}

type ServerOptions = {
  folder: string;
  env: Record<string, string>;
  /** Path of another configuration. */
  config?: string;
};

/** One nats-server of a cluster, as deploy/nats/cluster.conf sets it up. */
export class ClusterServer {
  readonly name: string;
  readonly port: number;
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #config: string;
  #child: ChildProcess | undefined;

  /** @param env what the configuration is told, beside name and store */
  constructor(name: string, port: number, { folder, env, config = CONFIG }: ServerOptions) {
    this.name = name;
    this.port = port;
    this.#folder = folder;
    this.#env = env;
    this.#config = config;
  }

  async start(): Promise<void> {
    const store = join(this.#folder, this.name);
    mkdirSync(store, { recursive: true });
    const output = openSync(join(this.#folder, `${this.name}.log`), "a");
    const env = { NATS_NAME: this.name, NATS_STORE: JSON.stringify(store), ...this.#env };
    const command = await natsBinary(process.env["NATS_SERVER_BIN"]);
    this.#child = spawn(command, ["-c", this.#config], { env, stdio: ["ignore", output, output] });
    closeSync(output);
    endWithUs(this.#child);
    await Promise.race([
      until(`${this.name} to greet`, () => greets(this.port)),
      once(this.#child, "exit").then(() => Promise.reject(new Error(`${this.name} has ended`))),
    ]);
  }

  /** kill -9; resolves when it has gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Stops it as if its machine stood still; returns what lets it go on. */
  freeze(): () => void {
    const child = this.#child;
    child?.kill("SIGSTOP");
    return () => void child?.kill("SIGCONT");
  }
}

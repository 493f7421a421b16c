import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { FirstCredentials } from "@waybill/runtime";
import { freePort } from "./free-port.ts";
import { processesWithin, processTree, type Process } from "./processes.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

export type RelayOptions = {
  /** The data folder, a new one by default; `discard` removes it. */
  data?: string;
  env?: Record<string, string>;
  /** What starts it: `node start.js` by default. */
  command?: readonly [string, ...string[]];
  /** Where the project lies. */
  root?: string;
  /** Whom to run it as, when not as ourselves; needs root. */
  user?: { uid: number; gid: number };
};

/** How a process ended. */
export type End = { code: number | null; stdout: string; stderr: string };

/** The relay as a user starts it: a real process, its engines and stages, on ports of its own. */
export class Relay {
  readonly data: string;
  readonly smtpPort: number;
  readonly smtpsPort: number;
  readonly apiPort: number;
  readonly output: string[] = [];
  readonly #options: RelayOptions;
  #child: ChildProcess | undefined;

  constructor(options: RelayOptions, ports: [number, number, number]) {
    this.data = options.data ?? mkdtempSync(join(tmpdir(), "waybill-test-"));
    [this.smtpPort, this.smtpsPort, this.apiPort] = ports;
    this.#options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get credentials(): FirstCredentials {
    return JSON.parse(
      readFileSync(join(this.data, "credentials.json"), "utf8"),
    ) as FirstCredentials;
  }

  get engines(): { natsUrl: string; databaseUrl: string } {
    const text = readFileSync(join(this.data, "engines.json"), "utf8");
    return JSON.parse(text) as { natsUrl: string; databaseUrl: string };
  }

  /** Starts the process and resolves at its ready line; rejects with its output when it ends before. */
  async start(): Promise<this> {
    const child = this.#spawn();
    await new Promise<void>((ready, failed) => {
      child.stdout.on("data", (text: string) => {
        if (text.includes('"msg":"ready"')) ready();
      });
      child.once("close", (code) =>
        failed(new Error(`ended with ${code}: ${this.output.join("")}`)),
      );
    });
    return this;
  }

  /** Starts the process and resolves with how it ended. */
  async run(): Promise<End> {
    const child = this.#spawn();
    const end: End = { code: null, stdout: "", stderr: "" };
    child.stdout.on("data", (text: string) => (end.stdout += text));
    child.stderr.on("data", (text: string) => (end.stderr += text));
    await once(child, "close");
    return { ...end, code: child.exitCode };
  }

  #spawn() {
    const { command: [program, ...args] = [process.execPath, "start.js"] } = this.#options;
    const { env = {}, root = ROOT, user = {} } = this.#options;
    const child = spawn(program, args, {
      cwd: root,
      ...user,
      env: {
        PATH: process.env.PATH ?? "",
        // It ends with a test runner that is killed, as it does with npm.
        npm_lifecycle_event: "test",
        WAYBILL_DATA: this.data,
        WAYBILL_SMTP_PORT: String(this.smtpPort),
        WAYBILL_SMTPS_PORT: String(this.smtpsPort),
        WAYBILL_API_PORT: String(this.apiPort),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => this.output.push(text));
    this.#child = child;
    return child;
  }

  /** Resolves with the exit code of the process; ends it with the signal first, when one is given. */
  async stop(signal: NodeJS.Signals | undefined = "SIGTERM"): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  /** All of this relay: the parent, its children, the engines with what they started, their watchdogs. */
  processes(): Process[] {
    const all = [...processTree(this.pid), ...processesWithin(this.data)];
    return [...new Map(all.map((one) => [one.pid, one])).values()];
  }

  /** The one process of ours, or of an engine, whose command contains a text. */
  processOf(part: string): Process {
    const found = processTree(this.pid).find(({ command }) => command.includes(part));
    if (found === undefined) throw new Error(`no process of the relay runs ${part}`);
    return found;
  }

  api(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization"))
      headers.set("authorization", `Bearer ${this.credentials.api.key}`);
    return fetch(`http://127.0.0.1:${this.apiPort}${path}`, { ...init, headers });
  }

  /** Stops the relay, ends what a failed test left of it, and removes its data. */
  async discard(): Promise<void> {
    await this.stop();
    for (const { pid } of processesWithin(this.data)) process.kill(pid, "SIGKILL");
    rmSync(this.data, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** A relay on free ports, not started yet. */
export async function makeRelay(options: RelayOptions = {}): Promise<Relay> {
  return new Relay(options, [await freePort(), await freePort(), await freePort()]);
}

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { Socket } from "node:net";

import type { Account } from "./account.ts";
import { GRACE_MS } from "./engine.ts";

/**
 * The shell leaves a watchdog behind and becomes the engine, so that our child is the engine
 * itself. The watchdog is an orphan: a postmaster takes the death of a child it does not know for
 * a crash. It reads from a pipe only this process holds: a line means that the engine has gone,
 * end of file that the holder has, however it died. A parent-death signal (prctl) is no
 * substitute: it is tied to a thread and cleared by a change of uid.
 */
const SCRIPT = `
signal=$1 ticks=$2; shift 2
watch() {
  trap '' HUP INT TERM
  read -r gone <&3 && exit
  kill -s "$signal" $$
  while [ "$ticks" -gt 0 ] && kill -s 0 $$; do sleep 0.1; ticks=$((ticks - 1)); done
  kill -s KILL $$
}
(watch </dev/null >/dev/null 2>&1 &)
exec "$@" 3<&-
`;

/** An engine's whole environment: nothing of ours, secrets least of all. */
const ENGINE_ENV = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

export interface GuardedOptions {
  command: string;
  args: string[];
  cwd: string;
  /** Whom to run it as, when not as ourselves; needs root. */
  account?: Account | undefined;
  /** SIGINT when not given: both engines then stop at once but in order. */
  stopSignal?: NodeJS.Signals;
  /** How long it may take to stop before it is killed. */
  graceMs?: number;
  /** An open file for standard input; none when not given. */
  input?: number;
  /** An open file for standard output and standard error. */
  output: number;
}

export interface GuardedProcess {
  readonly pid: number;
  /** Resolves with the exit code or the signal, as words. Never rejects. */
  readonly exited: Promise<string>;
  /** Sends the stop signal, and KILL after the grace time; resolves when it has gone. */
  stop(): Promise<void>;
}

/**
 * Starts a program that does not outlive this process. It has a session of its own, so that
 * Ctrl-C at the terminal reaches only us. A program that cannot be started counts as exited.
 */
export function spawnGuarded(options: GuardedOptions): GuardedProcess {
  const { stopSignal = "SIGINT", graceMs = GRACE_MS } = options;
  try {
    return guard(spawnShell(options, stopSignal, graceMs), stopSignal, graceMs);
  } catch (error) {
    return { pid: 0, exited: Promise.resolve(String(error)), stop: async () => {} };
  }
}

function spawnShell(options: GuardedOptions, signal: NodeJS.Signals, graceMs: number) {
  const { command, args, cwd, account, input, output } = options;
  const ticks = String(Math.ceil(graceMs / 100));
  const script = ["-c", SCRIPT, "watchdog", signal.slice("SIG".length), ticks];
  return spawn("/bin/sh", [...script, command, ...args], {
    ...account,
    cwd,
    env: ENGINE_ENV,
    detached: true,
    stdio: [input ?? "ignore", output, output, "pipe"],
  });
}

function guard(child: ChildProcess, signal: NodeJS.Signals, graceMs: number): GuardedProcess {
  const exited = exitOf(child);
  const leash = child.stdio[3];
  if (leash instanceof Socket) {
    leash.on("error", ignore);
    void exited.then(() => leash.end("gone\n"));
  }
  return { pid: child.pid ?? 0, exited, stop: () => stop(child, exited, signal, graceMs) };
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

async function stop(
  child: ChildProcess,
  exited: Promise<string>,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}

/** The watchdog may have been killed: then nobody reads the pipe. */
function ignore(): void {}

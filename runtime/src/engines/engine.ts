/** A server this process started and keeps running. */
export interface Engine {
  /** Where clients connect, with user and password. The same for the engine's whole life. */
  readonly url: string;
  /** Changes when the engine died and was started again. */
  readonly pid: number;
  /** Ends it gracefully, by force after four seconds. */
  stop(): Promise<void>;
}

type LogLine = (fields: Record<string, unknown>, text: string) => void;

/** The part of a pino logger the engines use. */
export interface EngineLog {
  info: LogLine;
  warn: LogLine;
  error: LogLine;
}

/** How long an engine may take to stop before it is killed. */
export const GRACE_MS = 4_000;

import { pino, type Logger } from "pino";

export type { Logger };

const SECRET_FIELDS = ["password", "sealedPassword", "secret", "passwordHash", "authorization"];

/**
 * A logger that writes one JSON line an entry to standard output. Fields named like a secret are
 * never written, at the top or one level below.
 */
export function makeLogger(level: string, stage: string): Logger {
  return pino({
    level,
    base: { stage },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: "msg",
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: "[hidden]" },
  });
}

import { encodeToken } from "@waybill/schemas";
import { LogUnavailable } from "./log.ts";
import type { Logger } from "./logger.ts";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";

type SecretKind = "apikey" | "credential";

/** When the secrets of machines were last used, whichever process let them in. */
export interface LastUses {
  /** Keeps that one was used now, to the minute; nobody waits for it, and a failure is only logged. */
  note(tenant: string, kind: SecretKind, id: string): void;
  /** ISO 8601; undefined when it was never used. @throws LogUnavailable */
  read(tenant: string, kind: SecretKind, id: string): Promise<string | undefined>;
}

/** Milliseconds in which a process keeps one use of a secret. */
const EACH = 60_000;

const subjectOf = (tenant: string, kind: SecretKind, id: string): string =>
  `use.${tenant}.${kind}.${encodeToken(id)}`;

/** Last uses in the stream USES, which holds one message of each secret. */
export function makeLastUses({ js, jsm }: Nats, log: Logger, now = () => Date.now()): LastUses {
  const noted = new Map<string, number>();
  return {
    note: (...secret) => {
      const [subject, at] = [subjectOf(...secret), now()];
      if (at - (noted.get(subject) ?? 0) < EACH) return;
      noted.set(subject, at);
      js.publish(subject, new Date(at).toISOString()).catch((error: unknown) => {
        noted.delete(subject);
        log.warn({ err: error }, "the use of a secret was not kept");
      });
    },
    read: async (...secret) => {
      const query = { last_by_subj: subjectOf(...secret) };
      const last = await jsm.direct.getMessage(STREAMS.uses, query).catch((error: unknown) => {
        throw new LogUnavailable(error);
      });
      return last?.string();
    },
  };
}

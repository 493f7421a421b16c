import { isConflict } from "./control.ts";
import { LogUnavailable } from "./log.ts";
import type { Nats } from "./nats.ts";
import { STREAMS } from "./streams.ts";

/** One login of a person, with the refresh token that is good now; the ones before it were used. */
export type Session = {
  user: string;
  tenant: string;
  /** Hash of what all its refresh tokens have in common. */
  familyHash: string;
  /** Hash of the one that is good. */
  tokenHash: string;
  /** When the password was given, ISO 8601. */
  startedAt: string;
};

/**
 * Sessions by id, until 30 days after their last change. Every method throws LogUnavailable when the
 * server does not answer: what was asked may then have been done, or not.
 */
export interface SessionStore {
  /** Keeps a new session. */
  create(id: string, session: Session): Promise<void>;
  /** The session as its last writer left it, with its version; undefined when it is over or unknown. */
  read(id: string): Promise<{ session: Session; version: number } | undefined>;
  /** Changes a session that is at that version still; false when it is not. */
  replace(id: string, session: Session, version: number): Promise<boolean>;
  /** Ends a session, whatever its version: nothing brings it back. */
  end(id: string): Promise<void>;
}

const FORM = /^[0-9A-Z]{1,40}$/;
const subjectOf = (id: string): string => `session.${id}`;

const failed = (error: unknown): never => {
  throw new LogUnavailable(error);
};

const isSame = (one: Session | undefined, other: Session): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** Times a change is tried whose answer did not come: it may have been made, and is then known again. */
const TRIES = 3;

/** The SESSIONS stream as a store. Read from its leader: an older state would look like a reused token. */
export function makeSessionStore({ js, jsm }: Nats): SessionStore {
  const put = async (id: string, session: Session | null, version?: number): Promise<void> => {
    const expect = version === undefined ? {} : { expect: { lastSubjectSequence: version } };
    await js.publish(subjectOf(id), JSON.stringify(session), expect);
  };
  const read: SessionStore["read"] = async (id) => {
    if (!FORM.test(id)) return undefined;
    const query = { last_by_subj: subjectOf(id) };
    const kept = await jsm.streams.getMessage(STREAMS.sessions, query).catch(failed);
    const session = kept?.json<Session | null>() ?? undefined;
    return kept === null || session === undefined ? undefined : { session, version: kept.seq };
  };
  const replace = async (
    id: string,
    session: Session,
    version: number,
    tries: number,
  ): Promise<boolean> => {
    try {
      await put(id, session, version);
      return true;
    } catch (error) {
      if (isConflict(error)) return isSame((await read(id))?.session, session);
      if (tries === 1) return failed(error);
      return replace(id, session, version, tries - 1);
    }
  };
  return {
    create: (id, session) => put(id, session, 0).catch(failed),
    read,
    replace: (id, session, version) => replace(id, session, version, TRIES),
    end: (id) => put(id, null).catch(failed),
  };
}

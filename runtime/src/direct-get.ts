import type { DirectBatchOptions, DirectLastFor, StoredMsg } from "@nats-io/jetstream";
import type { Nats } from "./nats.ts";

/** Milliseconds without a word of the server, after which the rest of an answer is given up. */
const SILENCE = 5000;

/** The server has none from there on. */
const isNone = (error: Error): boolean => "code" in error && error.code === 404;

/** What is asked for: the last message of each subject, or so many from a sequence or a moment on. */
type Asked =
  | Omit<DirectLastFor, "callback">
  | (DirectBatchOptions & { batch: number; seq: number })
  | { batch: number; start_time: Date };

/**
 * Messages of a stream in one answer, without a consumer; none when there are none. The library's own
 * iterator goes on listening after its end, and waits for ever when the connection is lost in the
 * middle of an answer. @throws when the server does not answer to the end
 */
export function directGet({ jsm }: Nats, stream: string, asked: Asked): Promise<StoredMsg[]> {
  const { promise, resolve, reject } = Promise.withResolvers<StoredMsg[]>();
  const found: StoredMsg[] = [];
  const silent = () => reject(new Error("the log fell silent in the middle of an answer"));
  const silence = setTimeout(silent, SILENCE);
  const callback = (done: { err?: Error } | null, message: StoredMsg): void => {
    silence.refresh();
    if (done === null) found.push(message);
    else if (done.err === undefined || isNone(done.err)) resolve(found);
    else reject(done.err);
  };
  const iterating =
    "multi_last" in asked
      ? jsm.direct.getLastMessagesFor(stream, { ...asked, callback })
      : jsm.direct.getBatch(stream, { ...asked, callback });
  iterating.catch(reject);
  const stop = async (): Promise<void> => {
    clearTimeout(silence);
    (await iterating.catch(() => undefined))?.stop();
  };
  return promise.finally(() => void stop());
}

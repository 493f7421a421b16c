import type { FetchText } from "../fetch-text.ts";

/** The certificates of a signer, by address, each fetched once. */
export type Certificates = (url: string) => Promise<string>;

/** So many signers there are in no installation; the one used longest ago goes. */
const MOST = 32;

/**
 * Keeps what it has fetched; those who ask meanwhile wait for the one fetch. What cannot be fetched is
 * not kept and drives nothing out, as anybody may name what is not there.
 */
export function certificatesBy(fetchText: FetchText): Certificates {
  const known = new Map<string, string>();
  const asked = new Map<string, Promise<string>>();
  const keep = (url: string, certificate: string): string => {
    known.delete(url);
    known.set(url, certificate);
    for (const oldest of known.keys()) if (known.size > MOST) known.delete(oldest);
    return certificate;
  };
  const fetchOne = async (url: string): Promise<string> => {
    try {
      return keep(url, await fetchText(url));
    } finally {
      asked.delete(url);
    }
  };
  return async (url) => {
    const found = known.get(url);
    if (found !== undefined) return keep(url, found);
    const waiting = asked.get(url) ?? fetchOne(url);
    asked.set(url, waiting);
    return waiting;
  };
}

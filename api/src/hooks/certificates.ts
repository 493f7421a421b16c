import type { FetchText } from "../fetch-text.ts";

/** The certificates of a signer, by address, each fetched once. */
export type Certificates = (url: string) => Promise<string>;

/** So many signers there are in no installation; the one used longest ago goes. */
const MOST = 32;

/** Keeps what it has fetched; those who ask meanwhile wait for the one fetch, and a failure is not kept. */
export function certificatesBy(fetchText: FetchText): Certificates {
  const known = new Map<string, Promise<string>>();
  return (url) => {
    const found = known.get(url) ?? fetchText(url);
    known.delete(url);
    known.set(url, found);
    found.catch(() => known.delete(url));
    for (const oldest of known.keys()) if (known.size > MOST) known.delete(oldest);
    return found;
  };
}

import { Resolver } from "node:dns/promises";
import { Problem } from "../errors.ts";

/** The TXT records of a name (RFC 1035 3.3.14), each whole. @throws Problem unavailable */
export type LookUpTxt = (name: string) => Promise<string[]>;

type Options = {
  /** `address:port`; those of the machine by default. */
  servers?: string[];
  /** Milliseconds: until a server is asked again, and until all is given up. */
  timeout?: number;
  deadline?: number;
};

/** What says that there are no such records: neither the name, nor TXT under it (RFC 2308). */
const NONE = new Set(["ENOTFOUND", "ENODATA"]);

/** Asks the name servers anew each time; a record's strings are joined without space (RFC 7208 3.3). */
export const txtLookUp =
  ({ servers, timeout = 1500, deadline = 5000 }: Options = {}): LookUpTxt =>
  async (name) => {
    const resolver = new Resolver({ timeout, tries: 3 });
    if (servers !== undefined) resolver.setServers(servers);
    const giveUp = setTimeout(() => resolver.cancel(), deadline);
    try {
      return (await resolver.resolveTxt(name)).map((strings) => strings.join(""));
    } catch (error) {
      if (NONE.has((error as NodeJS.ErrnoException).code ?? "")) return [];
      throw new Problem("unavailable", `DNS does not answer for ${name}`, { cause: error });
    } finally {
      clearTimeout(giveUp);
    }
  };

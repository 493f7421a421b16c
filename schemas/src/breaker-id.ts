/** The id of the breaker of a provider, or of that for mail from one sender domain. */
export const breakerId = (provider: string, senderDomain?: string): string =>
  senderDomain === undefined ? provider : `${provider}@${senderDomain}`;

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `:id` is `ById`; what is between letters and digits divides words. */
const wordOf = (part: string): string => {
  const words = part.split(/[^a-zA-Z0-9]+/).map(capital);
  return (part.startsWith(":") ? "By" : "") + words.join("");
};

/**
 * The name that generated clients give a route, as stable as its path: `GET
 * /api/v1/messages/:id/events` is `getMessagesByIdEvents`.
 */
export function operationId(method: string, url: string): string {
  const parts = url.replace("/api/v1", "").split("/").filter(Boolean);
  return method.toLowerCase() + parts.map(wordOf).join("");
}

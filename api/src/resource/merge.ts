/** A JSON merge patch (RFC 7396) on the first level: what is null goes, what is absent stays. */
export function merged<E extends object>(entity: E, patch: object): E {
  const all = Object.entries({ ...entity, ...patch });
  return Object.fromEntries(all.filter(([, value]) => value !== null && value !== undefined)) as E;
}

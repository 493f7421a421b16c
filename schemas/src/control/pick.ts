type Plain = string | number | boolean;

/** Whether a field is seen; what is not a plain value is told by a function, or not seen at all. */
type Rule<V> = [V] extends [Plain | readonly Plain[]] ? boolean : false | ((value: V) => unknown);

/** Says it of every field there is: a field that is added does not compile until it is decided. */
export type Rules<E> = { [F in keyof E]-?: Rule<NonNullable<E[F]>> };

/** What may be seen of an entity. */
export type Shown = Record<string, unknown>;

type AnyRule = boolean | ((value: unknown) => unknown);

/** The fields of an object that its rules let be seen; those nobody knows are not. */
export function pick<E extends object>(from: E, rules: Rules<E>): Shown {
  const seen = Object.entries<AnyRule>(rules as Record<string, AnyRule>).flatMap(
    ([field, rule]) => {
      const value: unknown = from[field as keyof E];
      if (rule === false || value === undefined || value === null) return [];
      return [[field, rule === true ? value : rule(value)] as const];
    },
  );
  return Object.fromEntries(seen);
}

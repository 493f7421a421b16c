import { Line } from "../shapes/line.ts";

/** A name that people give to a thing. */
export const Name = Line.min(1).max(100);

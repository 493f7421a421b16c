import { z } from "zod";

/** The folder that the installation keeps bodies in, if it ever kept some in files. */
export const BodyFolder = z.object({
  kind: z.literal("bodyfolder"),
  id: z.string(),
  /** What the name of a file in it ends with, so that no other folder is taken for it. */
  mark: z.string(),
});
export type BodyFolder = z.infer<typeof BodyFolder>;

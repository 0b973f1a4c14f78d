import { z } from 'zod';
import { actorSchema } from './actor';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** How a built artifact came to be; kept in the store by digest, and named in its manifest. Digests are of the store. */
export const provenanceSchema = z.object({
  /** The recipe with its lock and files, as it was handed over (model/recipe.ts). */
  recipe: sha256,
  fixes: z.array(z.string()),
  sources: z.record(z.string(), z.object({ sha256, sizeBytes: z.number().int() })),
  patches: z.array(z.object({ name: z.string(), sha256 })),
  spec: sha256,
  /** Everything that was sent to the control instance, as one tar file. */
  bundle: sha256,
  /** The rpm macros of ours that were in force. */
  macros: z.string(),
  sourceDateEpoch: z.number().int(),
  builds: z.array(
    z.object({
      platform: z.string(),
      control: z.string(),
      arch: z.string(),
      /** The control instance's list of packages, and the build's log. */
      packages: sha256,
      log: sha256,
      /** Unsigned. */
      rpms: z.array(z.object({ file: z.string(), sha256 })),
    }),
  ),
  actor: actorSchema,
  at: z.iso.datetime(),
});
export type Provenance = z.infer<typeof provenanceSchema>;

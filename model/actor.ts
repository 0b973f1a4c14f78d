import { z } from 'zod';

/** Who asks for a change, and why. `claimed` until a mandate's signature proved it (DESIGN.md decision 8). */
export const actorSchema = z.object({
  name: z.string().min(1),
  proof: z.enum(['claimed', 'signed']).default('claimed'),
  reason: z.string().optional(),
  ticket: z.string().optional(),
});
export type Actor = z.infer<typeof actorSchema>;

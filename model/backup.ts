import { z } from 'zod';

/** What a backup of a home's state says of itself. */
export const backupSchema = z.object({ fleet: z.string(), machine: z.string(), at: z.iso.datetime() });
export type Backup = z.infer<typeof backupSchema>;

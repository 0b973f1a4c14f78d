import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Home } from '../../store/home';

/** Written by server.ts while an embedded server runs. */
const addressSchema = z.object({
  address: z.string(),
  uiUrl: z.string(),
  namespace: z.string(),
  pid: z.number().int().positive(),
});
export type EmbeddedAddress = z.infer<typeof addressSchema>;

/** @returns where the home's own server is, or was when it was killed; undefined when none was left. */
export async function embeddedAddress(home: Home): Promise<EmbeddedAddress | undefined> {
  try {
    return addressSchema.parse(JSON.parse(await readFile(home.temporalAddressFile, 'utf8')));
  } catch {
    return undefined;
  }
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of package.json, from chaos/ or from dist/chaos/. */
export const packageFolder = existsSync(join(__dirname, '../package.json'))
  ? join(__dirname, '..')
  : join(__dirname, '../..');

/** Where files lie that are not compiled. */
export const sourceFolder = join(packageFolder, 'chaos');

/** The command line as it is shipped. */
export const cli = join(packageFolder, 'dist/clients/cli.js');

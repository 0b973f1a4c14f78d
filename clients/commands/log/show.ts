import { Files } from '../../../store/files';
import { findFile } from '../../../store/find-file';
import { findHome } from '../../../store/home';
import type { Invocation, Outcome } from '../../verb';
import { printable } from '../../view/printable';

/** A log of the store, without what would steer a terminal. */
export async function run({ options, arguments: [prefix = ''] }: Invocation): Promise<Outcome> {
  const home = findHome(options.home);
  const digest = await findFile(home.files, prefix);
  const text = (await new Files(home.files).get(digest)).toString();
  return { json: { digest, text }, text: printable(text.trimEnd()), verbatim: true };
}

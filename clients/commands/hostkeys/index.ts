import { keyFingerprint } from '../../option-values';
import type { Noun } from '../../verb';

/** `tidegate hostkeys …`: which keys hosts are known by. */
export const hostkeysNoun: Noun = {
  name: 'hostkeys',
  summary: 'decide which key a host is known by',
  verbs: [
    {
      name: 'accept',
      summary: "pin a host's key by the fingerprint read on its console",
      arguments: [{ name: '<host>', summary: 'its name in the fleet' }],
      options: [
        {
          flags: '--fingerprint <SHA256:…>',
          summary: 'as ssh-keygen -lf prints it on the console',
          parse: keyFingerprint,
          required: true,
        },
      ],
      changes: true,
      signed: true,
      examples: [
        [
          'tidegate hostkeys accept web004 --fingerprint SHA256:… --reason "rebuilt"',
          'asks the host for its key, and pins it when it is that one',
        ],
      ],
      run: () => import('./accept.js'),
    },
  ],
};

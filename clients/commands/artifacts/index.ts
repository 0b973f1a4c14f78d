import type { Noun } from '../../verb';

const artifact = { name: '<artifact>', summary: 'its digest, or the start of it' };

/** `tidegate artifacts …`: the sets of packages in the store. */
export const artifactsNoun: Noun = {
  name: 'artifacts',
  summary: 'the sets of RPMs in the store: built here, or imported from a vendor',
  verbs: [
    {
      name: 'list',
      summary: 'list them, the newest last',
      arguments: [{ name: '[package]', summary: 'only those of this package' }],
      examples: [['tidegate artifacts list unzip', 'what can be rolled out, and gone back to']],
      run: () => import('./list.js'),
    },
    {
      name: 'show',
      summary: 'show one: packages, signature, and how it was built',
      arguments: [artifact],
      examples: [['tidegate artifacts show e80f767d663d', 'with the digest of every source and patch']],
      run: () => import('./show.js'),
    },
    {
      name: 'import',
      summary: "take a vendor's RPMs, signed by a key of trustedKeys: for undo, and to roll out",
      arguments: [{ name: '<files...>', summary: 'RPM files' }],
      options: [
        { flags: '--platform <platform>', summary: 'when more than one platform has their architecture' },
      ],
      changes: true,
      signed: true,
      examples: [['tidegate artifacts import unzip-6.0-28.x86_64.rpm', 'undo can go back to it']],
      run: () => import('./import.js'),
    },
    {
      name: 'verify',
      summary: 'check files, digests and signatures of what the store keeps',
      arguments: [{ ...artifact, name: '[artifact]' }],
      examples: [['tidegate artifacts verify', 'all of them; exit code 1 when one is not as it was kept']],
      run: () => import('./verify.js'),
    },
  ],
};

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Keyring } from '../../store/rpm/keyring';
import { parseQuery } from '../../store/rpm/query';
import { mutated, texts } from '../input';
import { sampleFile } from '../samples/file';
import { mustHold, type Target } from '../target';
import { written } from './documents';

const signed = ['hello-1.0-1.noarch.rpm', 'hello-1.1-1.noarch.rpm'].map(sampleFile);
const key = sampleFile('vendor.asc');
const queries = [
  `hello
0
1.0
1
noarch
${'ab'.repeat(32)}
1234
A vendor
of hello-1.0-1.src.rpm
RSA/SHA256, Mon Mar  2 10:00:00 2026, Key ID 0123456789abcdef   
hi < 2:1.0-1
hallo  
`,
  `hello\n1\n1.0~rc1\n1.el9\n(none)\n${'cd'.repeat(32)}\n0\n(none)\nsource\n   \n`,
];

/** RPM files, and what rpm prints of them. */
export const packages: readonly Target[] = [
  {
    name: 'rpm-query',
    input: texts(queries),
    open: () => (input) => {
      const found = parseQuery(Buffer.from(input).toString());
      if (found === undefined) return;
      mustHold(
        Number.isSafeInteger(found.installedSizeBytes),
        `${found.installedSizeBytes} bytes are a size`,
      );
    },
  },
  {
    name: 'rpm-file',
    oneIn: 20,
    input: mutated(signed),
    open: async (folder) => {
      const keyring = await Keyring.open([written(folder, 'vendor.asc', key)]);
      const facts = async (name: string, input: Uint8Array) => {
        const { read } = await keyring.check(written(folder, name, input));
        const { sha256: _sha256, sizeBytes: _sizeBytes, file: _file, ...rest } = read.rpm;
        return { ...rest, sourceRpm: read.sourceRpm };
      };
      const real = await Promise.all(signed.map((bytes, index) => facts(`real${index}.rpm`, bytes)));
      return async (input) => {
        const found = await facts('x.rpm', input);
        mustHold(
          real.some((one) => isDeepStrictEqual(one, found)),
          'what passes is what was signed',
        );
      };
    },
  },
  {
    name: 'rpm-key',
    oneIn: 20,
    input: mutated([key]),
    open: (folder) => (input) =>
      Keyring.use([written(folder, 'key.asc', input)], async () => {
        mustHold(existsSync(join(folder, 'key.asc')), 'the file is still there');
      }),
  },
];

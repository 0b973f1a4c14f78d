import { join } from 'node:path';
import { mandateText, readMandate } from '../../model/mandate';
import { Ledger } from '../../store/ledger';
import { Mandates } from '../../store/mandate';
import { mutated, texts } from '../input';
import { allowedSigners, signedMandate } from '../samples/mandates';
import { mustHold, type Target } from '../target';
import { written } from './documents';

const { text, signature } = signedMandate;
const mandate = readMandate(text)!;
const now = new Date(Date.parse(mandate.time) + 1000);

/** Orders that people signed, and the file that says who may. */
export const mandates: readonly Target[] = [
  {
    name: 'mandate',
    input: texts([text]),
    open: () => (input) => {
      const given = Buffer.from(input).toString();
      const read = readMandate(given);
      mustHold(read === undefined || mandateText(read) === given, 'one text says it');
    },
  },
  {
    name: 'mandate-signature',
    oneIn: 20,
    input: mutated([Buffer.from(signature)]),
    open: async (folder) => {
      const taken = await Mandates.open(await Ledger.open(join(folder, 'ledger')));
      const signers = written(folder, 'allowed_signers', Buffer.from(allowedSigners[0]!));
      return async (input) => {
        const signed = { text, signature: Buffer.from(input).toString() };
        const who = await taken.look({ signed, asked: mandate, allowedSigners: signers, now });
        mustHold(who === 'anna@example.org', `anna signed, not ${who}`);
        const other = { ...mandate, target: 'p-other' };
        const forged = { text: mandateText(other), signature: signed.signature };
        const passed = await taken
          .look({ signed: forged, asked: other, allowedSigners: signers, now })
          .catch(() => '');
        mustHold(passed === '', 'the signature is of one text');
      };
    },
  },
  {
    name: 'allowed-signers',
    oneIn: 20,
    input: texts(allowedSigners),
    open: async (folder) => {
      const taken = await Mandates.open(await Ledger.open(join(folder, 'ledger')));
      return async (input) => {
        const path = written(folder, 'allowed_signers', input);
        const who = await taken.look({
          signed: { text, signature },
          asked: mandate,
          allowedSigners: path,
          now,
        });
        // ssh-keygen(1) lets a principal be quoted, as a whole or in part.
        const unquoted = Buffer.from(input).toString().replaceAll('"', '');
        mustHold(unquoted.includes(who), `${who} is in the file`);
      };
    },
  },
];

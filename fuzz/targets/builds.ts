import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readDebianSource, unpackSrpm } from '../../activities/build/distribution';
import { lastLines, readBuildLog } from '../../model/build-log';
import { amendSpec } from '../../model/spec';
import { Files } from '../../store/files';
import { mutated, texts } from '../input';
import * as samples from '../samples/builds';
import { sampleFile } from '../samples/file';
import * as hard from '../samples/hard';
import { mustHold, type Target } from '../target';
import { written } from './documents';

/** What is read of a source and its build: a distribution's packages, their specs, rpmbuild's log. */
export const builds: readonly Target[] = [
  {
    name: 'build-log',
    input: texts(samples.logs, { hard: hard.log }),
    open: () => (input) => {
      const text = Buffer.from(input).toString();
      const failure = readBuildLog(text);
      if (failure.kind === 'patch')
        mustHold(failure.patch !== '' && !/\s/.test(failure.patch), 'a patch has a name');
      mustHold(lastLines(text, 20).length <= 20, 'the last lines are few');
    },
  },
  {
    name: 'spec',
    input: texts(samples.specs),
    open: () => (input) => {
      const text = Buffer.from(input).toString();
      const amended = amendSpec(text, { version: '9', release: '9.1', patches: ['ours.patch'] });
      for (const line of ['Version: 9', 'Release: 9.1'])
        mustHold(amended.includes(line), `the spec says ${line}`);
      mustHold(/^Patch\d*\s*:.*ours\.patch/im.test(amended), 'the spec names the patch');
    },
  },
  {
    name: 'dsc',
    input: texts(samples.dscs),
    open: (folder) => async (input) => {
      const digest = createHash('sha256').update(input).digest('hex');
      const files = new Files(join(folder, 'files'));
      mkdirSync(dirname(files.path(digest)), { recursive: true });
      writeFileSync(files.path(digest), input);
      try {
        const sources = { 'x_1.dsc': { sha256: digest, sizeBytes: input.length } };
        const { version = '', revision = '' } = await readDebianSource(files, sources);
        mustHold(!/\s/.test(version + revision), 'a version is one word');
      } finally {
        rmSync(files.path(digest));
      }
    },
  },
  {
    name: 'source-package',
    oneIn: 50,
    input: mutated([sampleFile('hello-1.0-1.src.rpm'), sampleFile('hello-1.0-1.noarch.rpm')]),
    open: (folder) => async (input) => {
      const scratch = join(folder, 'unpacked');
      try {
        const { spec } = await unpackSrpm(written(folder, 'x.src.rpm', input), scratch);
        mustHold(spec.includes('Name: hello'), 'the spec is the one that was packed');
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    },
  },
];

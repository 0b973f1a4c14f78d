import { execFileSync } from 'node:child_process';
import { cli } from './support/home';

const script = execFileSync(process.execPath, [cli, 'completion', 'bash'], { encoding: 'utf8' });

/** @returns what bash offers behind these words, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const typed = ['tidegate', ...words].map((word) => `'${word}'`).join(' ');
  const line = `${script}\nCOMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _tidegate; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', line], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

test.each([
  [['roll'], ['rollout']],
  [
    ['rollout', 're'],
    ['resume', 'retry', 'report'],
  ],
  [['rollout', 'start', 'p-1a2b', '--re'], ['--reason']],
  [['build', 'recipe.yaml', '--acc'], ['--accept-drift']],
  [
    ['push', 'all', '--ti'],
    ['--timeout', '--ticket'],
  ],
  [['run', 'all', '--batch'], ['--batch-then-ask']],
  [['rollout', 'approve', '--sig'], ['--sign-with']],
  [['--home', '/srv/prod', '-o', 'json', 'hosts', 'ex'], ['examine']],
])('%j is completed to %j', (words, expected) => {
  expect(offered(...words)).toEqual(expected);
});

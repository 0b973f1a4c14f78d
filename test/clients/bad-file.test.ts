import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectNamedError, type NamedError } from '../support/named-error';
import { TestHome } from './support/home';

/** Nothing runs in the home: a file that does not say what it should is refused before anybody is asked. */
let home: TestHome;
beforeEach(() => {
  home = new TestHome();
});
afterEach(() => home.remove());

const refused = (words: readonly string[], expected: Pick<NamedError, 'detail' | 'next'>) =>
  expectNamedError(home.run(...words, '-o', 'json'), { code: 'TG_FILE_INVALID', exit: 2, ...expected });

function write(name: string, text: string): string {
  const path = join(home.home.folder, name);
  writeFileSync(path, text);
  return path;
}

describe('an unknown key in a YAML file is named with line, column and the key that was meant', () => {
  test('in fleet.yaml', () => {
    write('fleet.yaml', 'fleet: prod\nknownHost: [x]\nhosts:\n  web1: { address: 192.0.2.1 }\n');
    const detail = 'fleet.yaml:2:1  knownHost: is not a key here; did you mean knownHosts?';
    refused(['hosts', 'list'], { detail });
  });

  test('in a plan', () => {
    const plan = write('plan.yaml', 'package: unzip\nhosts: role=web\ncaps: { perDomian: 2 }\n');
    const detail = 'plan.yaml:3:9  caps.perDomian: is not a key here; did you mean perDomain?';
    refused(['rollout', 'plan', plan], { detail });
  });

  test('in a recipe', () => {
    const recipe = write('recipe.yaml', 'package: unzip\nsorce: { deb-src: unzip }\n');
    const detail = 'recipe.yaml:2:1  sorce: is not a key here; did you mean source?';
    refused(['build', recipe, '--yes'], { detail });
  });
});

test('a wave list that does not reach 100 % is answered with one that does', () => {
  const plan = write('plan.yaml', 'package: unzip\nhosts: all\nwaves: [1, 50%]\n');
  refused(['rollout', 'plan', plan], {
    detail: 'waves[1]: waves end at 50%, which leaves hosts out: [1, 50%, 100%]',
    next: 'mend the line that is named',
  });
});

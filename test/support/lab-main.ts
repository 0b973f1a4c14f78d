import { labUp } from '../../lab/up';

/** Brings a lab up in a process of its own, for tests that kill it; says each step as it begins or ends. */
async function main([name, hosts, full]: string[]): Promise<void> {
  await labUp({
    name: name!,
    hosts: Number(hosts),
    full: Number(full),
    domains: 2,
    onProgress: ({ what, state }) => process.stdout.write(`${state} ${what.split(' ')[0]}\n`),
  });
  process.stdout.write('up\n');
}

void main(process.argv.slice(2));

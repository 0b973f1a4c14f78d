import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';

const root = join(__dirname, '../..');

/** What the Compose Specification says of the keys that we use; an unknown key is an error, as it is there. */
const serviceSchema = z.strictObject({
  image: z
    .string()
    .regex(/^[\w./-]+:[\w.-]+$/, 'an image with a tag')
    .optional(),
  build: z.strictObject({ dockerfile_inline: z.string().startsWith('FROM ') }).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(z.string().regex(/^(\.|\w+|\$\{\w+:\?[^}]+\}):\/[\w/]+(:ro)?$/)).optional(),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/, 'published on this machine only')).optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()).min(2),
      interval: z.string(),
      timeout: z.string(),
      retries: z.number().int(),
    })
    .optional(),
  command: z.array(z.string()).optional(),
  stop_grace_period: z.string().optional(),
  restart: z.literal('unless-stopped'),
});
const composeSchema = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.strictObject({})),
});

const compose = composeSchema.parse(load(readFileSync(join(root, 'docker-compose.yml'), 'utf8')));
const services = Object.entries(compose.services);

test('docker-compose.yml has Temporal with PostgreSQL, its UI and the worker', () => {
  expect(Object.keys(compose.services)).toEqual(['postgresql', 'temporal', 'ui', 'worker']);
});

test.each(services)('%s is an image or is built, not both', (_name, { image, build }) => {
  expect([image, build].filter((given) => given !== undefined)).toHaveLength(1);
});

test.each(services)(
  '%s waits only for services that are there and say when they are healthy',
  (_name, service) => {
    for (const other of Object.keys(service.depends_on ?? {}))
      expect(compose.services[other]?.healthcheck).toBeDefined();
  },
);

test.each(services)('%s mounts only volumes that are declared', (_name, { volumes = [] }) => {
  const named = volumes.map((volume) => volume.split(':', 1)[0]!).filter((source) => /^\w+$/.test(source));
  expect(named.filter((name) => !Object.hasOwn(compose.volumes, name))).toEqual([]);
});

test('the worker runs the program that the build makes', () => {
  const program = compose.services.worker?.command?.find((word) => word.endsWith('.js'));
  expect(program).toBe('dist/clients/cli.js');
  expect(existsSync(join(root, 'clients/cli.ts'))).toBe(true);
});

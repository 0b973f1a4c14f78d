/**
 * Two projects: `unit` needs nothing but Node; `real` talks to real parts (Temporal, sshd, rpm, gpg, the lab)
 * that lab/setup.sh installs, and some of it needs root. Each test file has its own module registry, its own
 * ports and its own folders, so files of both may run side by side; two do, as the house is measured on 2 cores.
 */
const unitRooms = ['model', 'fleet', 'store', 'clients', 'docs', 'bench', 'fuzz'];
const unitTests = unitRooms.map((room) => `<rootDir>/test/${room}/**/*.test.ts`);
const allTests = '<rootDir>/test/**/*.test.ts';

const project = (displayName, testMatch, testPathIgnorePatterns) => ({
  displayName,
  testEnvironment: 'node',
  testMatch,
  testPathIgnorePatterns,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.lab/'],
});

/** A Temporal server starts in 2 s and a lab of 12 hosts in 5; the rest is for two busy cores.
 * Projects cannot have limits of their own. */
const realTimeoutMs = 120_000;

module.exports = {
  maxWorkers: 2,
  testTimeout: realTimeoutMs,
  projects: [
    project('unit', unitTests, []),
    project(
      'real',
      [allTests],
      unitRooms.map((room) => `<rootDir>/test/${room}/`),
    ),
  ],
};

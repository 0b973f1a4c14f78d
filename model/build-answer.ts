/** An RPM of a build, as ops/build.sh names it. */
export interface NamedRpm {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Below the build's RPMS. */
  readonly path: string;
  /** The last word of the path. */
  readonly file: string;
}

/** What ops/build.sh says of a build that has ended. */
export interface EndedBuild {
  readonly code: number;
  readonly logBytes: number;
  readonly rpms: readonly NamedRpm[];
}

/** A name that leads nowhere else and is no option: `.`, `..` and `-x` are none. */
const word = '[\\w+~^][\\w.+~^-]*';
const rpmLine = new RegExp(`^rpm ([0-9a-f]{64}) (\\d{1,15}) ((?:${word}/)*(${word}\\.rpm))$`);

/** @returns undefined for what our shell does not print: a build without its exit code has not ended well. */
export function parseEndedBuild(lines: readonly string[]): EndedBuild | undefined {
  const numberOf = (name: string) => {
    const digits = lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? '';
    return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
  };
  const code = numberOf('code');
  const logBytes = numberOf('log');
  const rpms = lines.filter((line) => line.startsWith('rpm ')).map((line) => rpmLine.exec(line));
  if (lines[0] !== 'state done' || code === undefined || logBytes === undefined || rpms.includes(null))
    return undefined;
  return {
    code,
    logBytes,
    rpms: rpms.map((match) => {
      const [, sha256 = '', size, path = '', file = ''] = match ?? [];
      return { sha256, sizeBytes: Number(size), path, file };
    }),
  };
}

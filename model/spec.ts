import { TidegateError } from './errors';
import type { Recipe } from './recipe';

/** Patches of ours are numbered from here, above what any distribution's spec uses. */
const firstPatchNumber = 9001;

interface SpecFacts {
  readonly version: string;
  readonly release: string;
  /** File names in SOURCES; the first one is unpacked, the others are only there. */
  readonly sources: readonly string[];
  /** File names in SOURCES, in the order in which they are applied. */
  readonly patches: readonly string[];
  /** Folder that the first source unpacks to. */
  readonly folder: string;
}

/** @returns the spec of a recipe that has build, install and files instead of one. */
export function generateSpec(recipe: Recipe, facts: SpecFacts): string {
  const tags = [
    `Name: ${recipe.package}`,
    `Version: ${facts.version}`,
    `Release: ${facts.release}`,
    `Summary: ${recipe.summary ?? recipe.package}`,
    `License: ${recipe.license ?? 'unknown'}`,
    ...facts.sources.map((name, number) => `Source${number}: ${name}`),
    ...patchTags(facts.patches, 1),
    ...recipe.buildRequires.map((name) => `BuildRequires: ${name}`),
    ...recipe.requires.map((name) => `Requires: ${name}`),
  ];
  return [
    '%global debug_package %{nil}',
    tags.join('\n'),
    `\n%description\n${recipe.summary ?? recipe.package}`,
    ...(recipe.fixes.length > 0 ? [`Fixes ${recipe.fixes.join(', ')}.`] : []),
    `\n%prep\n%autosetup -p1 -n ${facts.folder}`,
    `\n%build\n${recipe.build?.trim() ?? ''}`,
    `\n%install\n${recipe.install?.trim() ?? ''}`,
    `\n%files\n${(recipe.files ?? []).join('\n')}`,
    '',
  ].join('\n');
}

/**
 * Gives a spec that somebody else wrote our version, release and patches. Patches that it names already stay where
 * they are. Without `release`, `.1` is put after the spec's own: newer than it, older than the vendor's next.
 * @throws TG_PATCH_FAILED when it has patches to apply and no %autosetup or %autopatch to apply them.
 */
export function amendSpec(
  spec: string,
  change: { version?: string; release?: string; raiseRelease?: boolean; patches: readonly string[] },
): string {
  let lines = spec.split('\n');
  if (change.version !== undefined) lines = setTag(lines, 'Version', () => change.version ?? '');
  if (change.release !== undefined) lines = setTag(lines, 'Release', () => change.release ?? '');
  else if (change.raiseRelease) lines = setTag(lines, 'Release', (value) => `${value}.1`);
  const added = change.patches.filter((name) => !lines.some((line) => isPatchTag(line, name)));
  if (added.length === 0) return lines.join('\n');
  if (!lines.some((line) => /^\s*%(autosetup|autopatch)\b/.test(line)))
    throw new TidegateError('TG_PATCH_FAILED', {
      detail: `the spec has neither %autosetup nor %autopatch, so ${added[0]} would not be applied`,
      next: 'write %autosetup -p1 in %prep of the spec, and name the patches in it',
    });
  const after = lines.findLastIndex((line) => /^(Source|Patch)\d*\s*:/i.test(line));
  const place = after >= 0 ? after : lines.findIndex((line) => /^Release\s*:/i.test(line));
  return [
    ...lines.slice(0, place + 1),
    ...patchTags(added, firstPatchNumber),
    ...lines.slice(place + 1),
  ].join('\n');
}

const patchTags = (patches: readonly string[], first: number) =>
  patches.map((name, index) => `Patch${first + index}: ${name}`);

function isPatchTag(line: string, name: string): boolean {
  const value = /^Patch\d*\s*:\s*(\S+)/i.exec(line)?.[1];
  return value !== undefined && (value === name || value.endsWith(`/${name}`));
}

function setTag(lines: readonly string[], tag: string, value: (old: string) => string): string[] {
  const place = lines.findIndex((line) => line.toLowerCase().startsWith(`${tag.toLowerCase()}:`));
  if (place < 0) throw new TidegateError('TG_FILE_INVALID', `the spec has no line that begins with ${tag}:`);
  const old = (lines[place] ?? '').slice(tag.length + 1).trim();
  return lines.with(place, `${tag}: ${value(old)}`);
}

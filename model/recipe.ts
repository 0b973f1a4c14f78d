import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256: 64 hex digits');
const packageName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, 'a package name');
/** What rpm allows in a version or release, and macros such as %{?dist}. */
const versionPart = z.string().regex(/^[A-Za-z0-9._+~^%{}?]+$/, "a version, without '-' or spaces");
/** Under the recipe's own folder or the distribution's source: never above it. */
const relativePath = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._+~/-]*$/, 'a relative path')
  .refine((path) => !path.split('/').includes('..'), 'a path below the recipe, without ..');

const sourceSchema = z.union([
  /** The distribution's source package named like the package, as the control instance's repositories have it. */
  z.enum(['deb-src', 'srpm']),
  /** As apt takes it: `unzip` or `unzip=6.0-28`. */
  z.strictObject({ 'deb-src': z.string().regex(/^[a-z0-9][a-z0-9.+-]+(=\S+)?$/, 'name or name=version') }),
  /** As dnf takes it: `unzip` or `unzip-6.0-57.el9`. */
  z.strictObject({
    srpm: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~^:-]*$/, 'name or name-version-release'),
  }),
  z.strictObject({ url: z.url({ protocol: /^(https?|file)$/ }), sha256: sha256.optional() }),
  z.strictObject({
    git: z.string().min(1),
    commit: z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'a whole commit hash: branches and tags move'),
  }),
  /** A tarball or a .src.rpm beside the recipe. */
  z.strictObject({ file: relativePath, sha256: sha256.optional() }),
]);

/**
 * `recipe.yaml`: how to build a patch. Either a `spec` (or the one inside the SRPM) that is amended with the recipe's
 * patches and release, or `build`, `install` and `files`, from which a spec is made.
 */
export const recipeSchema = z
  .strictObject({
    package: packageName,
    source: sourceSchema,
    /** The source's own when absent (deb-src, srpm). */
    version: versionPart.optional(),
    /** The distribution's with `.1` after it when absent (deb-src, srpm): its next update still wins. */
    release: versionPart.optional(),
    /**
     * Applied in this order: files beside the recipe, or of the distribution's source: `debian/patches/series` for
     * all that Debian applies, `debian/patches/NAME` for one.
     */
    patches: z.array(relativePath).default([]),
    spec: relativePath.optional(),
    summary: z.string().optional(),
    license: z.string().optional(),
    /** Shell, as in a spec's %build, %install and %files. */
    build: z.string().optional(),
    install: z.string().optional(),
    files: z.array(z.string()).min(1).optional(),
    /** The folder that the source unpacks to, when it is not `package-version`. */
    folder: relativePath.optional(),
    requires: z.array(z.string()).default([]),
    buildRequires: z.array(z.string()).default([]),
    /** Platforms to build for; every one that has a control instance when absent. */
    platforms: z.array(z.string()).min(1).optional(),
    /** What every file and the build are dated (SOURCE_DATE_EPOCH); the day of pinning when absent. */
    date: z.iso.datetime().optional(),
    /** The Vendor tag. zypper keeps to a package's vendor: a rebuild under another one blocks its updates. */
    vendor: z.string().optional(),
    /** What the patch is for, e.g. CVE-2022-0529. */
    fixes: z.array(z.string()).default([]),
  })
  .check((context) => {
    const { spec, build, install, files, source, version, release } = context.value;
    const refuse = (message: string, key: string) =>
      context.issues.push({ code: 'custom', message, path: [key], input: context.value });
    const kind = sourceKind(source);
    const generated = build !== undefined || install !== undefined || files !== undefined;
    if (spec !== undefined && generated) refuse('either a spec, or build, install and files', 'spec');
    if (generated && (install === undefined || files === undefined))
      refuse('a spec is made from build, install and files: install or files is missing', 'install');
    if (!generated && spec === undefined && kind !== 'srpm')
      refuse('a spec, or build, install and files, is missing', 'spec');
    if (generated && kind !== 'deb-src' && (version === undefined || release === undefined))
      refuse('version and release are needed to make a spec', 'version');
  });
export type Recipe = z.infer<typeof recipeSchema>;
type RecipeSource = Recipe['source'];

/** Where a source comes from, with the details every kind needs. */
type SourceKind = 'deb-src' | 'srpm' | 'url' | 'git' | 'file';

/** @returns the kind of a recipe's source; a file or URL that ends in .src.rpm is an `srpm`. */
export function sourceKind(source: RecipeSource): SourceKind {
  if (typeof source === 'string') return source;
  if ('deb-src' in source) return 'deb-src';
  if ('srpm' in source) return 'srpm';
  if ('git' in source) return 'git';
  const place = 'url' in source ? source.url : source.file;
  if (place.endsWith('.src.rpm')) return 'srpm';
  return 'url' in source ? 'url' : 'file';
}

/** `recipe.lock`, written by `tidegate build --pin` and kept beside the recipe: the checksums of every source. */
export const recipeLockSchema = z.strictObject({
  /** What a build is dated when the recipe does not say. */
  date: z.iso.datetime(),
  /** file name → what it must be. */
  sources: z.record(
    z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._+~^:-]*$/),
    z.strictObject({ sha256, sizeBytes: z.number().int().nonnegative() }),
  ),
});
export type RecipeLock = z.infer<typeof recipeLockSchema>;

/** A recipe with its lock and the files beside it, as the CLI hands it to the worker: by digest, through the store. */
export const recipePackSchema = z.strictObject({
  recipe: recipeSchema,
  lock: recipeLockSchema.optional(),
  /** path relative to the recipe → digest in the store. */
  files: z.record(z.string(), sha256),
});
export type RecipePack = z.infer<typeof recipePackSchema>;

/** @returns the name of a recipe's lock: `recipe.yaml` → `recipe.lock`. */
export const lockName = (recipeName: string) => `${recipeName.replace(/\.ya?ml$/, '')}.lock`;

/** Paths beside the recipe that it names: spec, local source, patches (unless they are the distribution's). */
export function namedFiles(recipe: Recipe): { readonly required: string[]; readonly perhaps: string[] } {
  const source = typeof recipe.source === 'object' && 'file' in recipe.source ? [recipe.source.file] : [];
  const spec = recipe.spec === undefined ? [] : [recipe.spec];
  const distribution = ['deb-src', 'srpm'].includes(sourceKind(recipe.source));
  return distribution
    ? { required: [...source, ...spec], perhaps: recipe.patches }
    : { required: [...source, ...spec, ...recipe.patches], perhaps: [] };
}

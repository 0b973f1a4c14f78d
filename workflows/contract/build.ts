import type { Actor } from '../../model/actor';
import type { SignedMandate } from '../../model/mandate';

/** One build of a recipe at a time: who asks for it meanwhile is given its result. */
export const buildWorkflowId = (fleet: string, packageName: string, recipe: string) =>
  `build/${fleet}/${packageName}/${recipe.slice(0, 12)}`;

/** Workflow `build`: sources, build on each platform's control instance, signature, store. */
export interface BuildInput {
  readonly fleet: string;
  readonly package: string;
  /** Digest, in the store, of the recipe's pack (model/recipe.ts, store/recipe-pack.ts). */
  readonly recipe: string;
  readonly actor: Actor;
  readonly mandate?: SignedMandate;
  /** Build although the packages of a control instance have changed since the last build on it. */
  readonly acceptDrift?: boolean;
}
export interface BuildResult {
  /** Digest of the artifact. */
  readonly artifact: string;
  readonly version: string;
  /** The store had the very same build. */
  readonly already: boolean;
  readonly warnings: readonly string[];
}

/** Workflow `pinRecipe`: fetches the sources of a recipe as they are now. */
export interface PinResult {
  /** Digest, in the store, of a `RecipeLock` (model/recipe.ts). */
  readonly lock: string;
}

/** Activity `prepareBuild`: what is built, and where. */
export interface PreparedBuild {
  /** Digests, in the store. */
  readonly sources: string;
  readonly inputs: string;
  readonly platforms: readonly string[];
}
/** Activity `buildOn`: what one control instance made. */
export interface BuiltOn {
  readonly platform: string;
  readonly control: string;
  readonly arch: string;
  /** Digests, in the store: its list of packages, and the build's log. */
  readonly packages: string;
  readonly log: string;
  /** Unsigned, in the store. */
  readonly rpms: readonly { readonly file: string; readonly sha256: string }[];
}

/** Workflow `importArtifacts`: a vendor's RPMs, under the fleet's trustedKeys. */
export interface ImportInput {
  readonly fleet: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** For RPMs whose architecture more than one platform has, or whose platform's name does not tell it. */
  readonly platform?: string;
  readonly actor: Actor;
  readonly mandate?: SignedMandate;
}
export interface ImportResult {
  readonly artifacts: readonly {
    readonly digest: string;
    readonly package: string;
    readonly version: string;
    readonly platforms: readonly string[];
    readonly already: boolean;
  }[];
}

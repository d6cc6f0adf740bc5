export interface Layer {
  /** The folders (with a slash at the end) and files that are the layer. */
  readonly of: readonly string[];
  /** What its files may import; everything else is refused. */
  readonly may?: readonly string[];
  /** Instead of `may`: what its files may not import; everything else is allowed. */
  readonly mayNot?: readonly string[];
  readonly because: string;
}

export const layers: readonly Layer[];
/** Without a row of its own a file below these folders is refused. */
export const LAYERED: readonly string[];
export function layerOf(file: string): Layer | undefined;
export function targetOf(file: string, specifier: string): string;
export function refusalOf(file: string, target: string): string | undefined;

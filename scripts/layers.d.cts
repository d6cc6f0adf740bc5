export interface Role {
  readonly role: string;
  /** Fits the path of a file below the root, without extension. */
  readonly is: RegExp;
  /** The roles and packages that its files may import; everything else is refused. */
  readonly may?: readonly string[];
  /** Instead of `may`: paths that its files may not import; everything else is allowed. */
  readonly mayNot?: RegExp;
  readonly because: string;
}

export const ROLES: readonly Role[];
/** Without a role a file below these folders is refused. */
export const LAYERED: readonly string[];
export function roleOf(path: string): Role | undefined;
export function targetOf(file: string, specifier: string): string;
export function refusalOf(file: string, target: string): string | undefined;

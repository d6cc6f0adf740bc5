/** host.json's `defaultVersion`, `versionMatchStrategy` and `versionFailureStrategy`. */
export interface VersionRules {
  readonly defaultVersion?: string;
  readonly match: 'None' | 'Strict' | 'CurrentOrOlder';
  readonly failure: 'Reject' | 'Fail';
}

/** .NET's `Version`: two to four numbers; a missing one counts less than 0. */
function numbersOf(version: string): number[] | undefined {
  return /^\d+(\.\d+){1,3}$/.test(version) ? version.split('.').map(Number) : undefined;
}

/** Below 0 when the first is older. None at all is older than any; what are not both numbers are compared as texts. */
export function compareVersions(one = '', other = ''): number {
  if (!one.trim() || !other.trim()) return Number(Boolean(one.trim())) - Number(Boolean(other.trim()));
  const [left, right] = [numbersOf(one), numbersOf(other)];
  if (left && right) {
    for (let i = 0; i < 4; i++) {
      const difference = (left[i] ?? -1) - (right[i] ?? -1);
      if (difference !== 0) return difference;
    }
    return 0;
  }
  const [a, b] = [one.toUpperCase(), other.toUpperCase()];
  return a === b ? 0 : a < b ? -1 : 1;
}

/** What this host does with an instance of this version. `reject`: it leaves it to a host that takes it. */
export function versionVerdict(version: string | undefined, rules: VersionRules): 'run' | 'reject' | 'fail' {
  const { match, failure, defaultVersion } = rules;
  const isRefused =
    (match === 'Strict' && (version ?? '') !== (defaultVersion ?? '')) ||
    (match === 'CurrentOrOlder' && compareVersions(version, defaultVersion) > 0);
  if (!isRefused) return 'run';
  return failure === 'Fail' ? 'fail' : 'reject';
}

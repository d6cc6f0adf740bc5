import { ownError, StoredRowError } from '../app/errors';
import type { Logger } from '../app/log';
import { type Instant, SECOND } from '../conversation/time';
import type { PolicyValues } from './policy';
import type { OperatorSettings, SettingsSource, SettingsStore } from './settings';

/** How long a process goes by what it has read. */
const FRESH_FOR = 30 * SECOND;

export interface SettingsSourceDependencies {
  readonly store: SettingsStore;
  /** What applies where no rule does. */
  readonly base: PolicyValues;
  readonly now: () => Instant;
}

export interface CachedSettings extends SettingsSource {
  /** The next `current` reads anew; for whoever has just written. */
  forget(): void;
}

/**
 * The settings in force, read at most every 30 seconds by a process. While the storage cannot be read, what was read
 * last goes on: a decision must not wait for a rule that has hardly ever changed. `current` throws `DependencyError` only
 * where nothing has been read yet.
 */
export function createSettingsSource({ store, base, now }: SettingsSourceDependencies) {
  let known: { readonly settings: OperatorSettings; readonly freshUntil: Instant } | undefined;
  let loading: Promise<OperatorSettings> | undefined;

  /** A document that nobody can read must not stop every chat: what was in force stays, or the base alone. */
  async function readPolicies(logger: Logger) {
    try {
      return (await store.loadPolicies())?.document;
    } catch (thrown) {
      if (!(thrown instanceof StoredRowError)) throw thrown;
      logger.error('settings: the stored policies cannot be read', { detail: thrown.message });
      return known?.settings.policies;
    }
  }

  async function read(logger: Logger): Promise<OperatorSettings> {
    const [document, { overrides, unreadable }] = await Promise.all([
      readPolicies(logger),
      store.listOverrides(),
    ]);
    const [first] = unreadable;
    if (first !== undefined) {
      logger.error('settings: automated messages cannot be read', { count: unreadable.length, first });
    }
    const { channels = {}, rules = [] } = document ?? {};
    return { policies: { channels, rules, base }, messages: overrides.map(({ override }) => override) };
  }

  function load(logger: Logger): Promise<OperatorSettings> {
    const freshUntil = now() + FRESH_FOR;
    const mine = read(logger)
      .catch((thrown: unknown) => {
        if (known === undefined) throw thrown;
        logger.warn('settings: not read, the known ones go on', { detail: ownError(thrown).message });
        return known.settings;
      })
      .then((settings) => {
        // Prevents: a load that began before a write ends after it, and its old settings count for 30 seconds more.
        if (loading === mine) known = { settings, freshUntil };
        return settings;
      })
      .finally(() => {
        if (loading === mine) loading = undefined;
      });
    return mine;
  }

  return (logger: Logger): CachedSettings => ({
    async current() {
      if (known !== undefined && now() < known.freshUntil) return known.settings;
      // Prevents: a storm of events after the 30 seconds, each of which reads the settings for itself.
      loading ??= load(logger);
      return loading;
    },
    forget() {
      loading = undefined;
      known = known && { ...known, freshUntil: Number.NEGATIVE_INFINITY };
    },
  });
}

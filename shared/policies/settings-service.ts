import { ownError, StoredRowError } from '../app/errors';
import type { Call } from '../app/call';
import type { LoggerOf } from '../app/log';
import { type Instant, SECOND } from '../conversation/time';
import {
  type PolicyDocument,
  type PolicyTable,
  type PolicyValues,
  type Written,
  withLongestWaits,
} from './policy';
import type { OperatorSettings, SettingsStore } from './settings';

/** How long a process goes by what it has read. */
const FRESH_FOR = 30 * SECOND;

export interface SettingsSourceDependencies {
  readonly store: SettingsStore;
  /** What applies where no rule does. */
  readonly base: PolicyValues;
  readonly written?: Written;
  readonly now: () => Instant;
  readonly loggerOf: LoggerOf;
}

/** Gives the settings in force. Reads the storage at most every 30 seconds: a change takes that long to be seen. */
export interface SettingsSource {
  current(call: Call): Promise<OperatorSettings>;
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
export function createSettingsSource({
  store,
  base,
  written,
  now,
  loggerOf,
}: SettingsSourceDependencies): CachedSettings {
  const defaults = { base, ...(written && { written }) };
  let known: { readonly settings: OperatorSettings; readonly readAt: Instant } | undefined;
  let loading: Promise<OperatorSettings> | undefined;
  let lastRead: PolicyDocument | undefined;

  /**
   * A document that nobody can read, one of a newer version for example, must not stop every chat, and takes no time from
   * anybody: what was in force stays, or what can be understood of it, and the longest wait counts.
   */
  async function readPolicies(call: Call): Promise<PolicyTable> {
    try {
      lastRead = (await store.loadPolicies())?.document ?? { channels: {}, rules: [] };
      return { ...lastRead, ...defaults };
    } catch (thrown) {
      if (!(thrown instanceof StoredRowError)) throw thrown;
      // An alert reads this line.
      loggerOf(call).error('settings: the stored policies cannot be read', { detail: thrown.message });
      const { document, values } = await store.findPolicies();
      const { channels, rules } = lastRead ?? document;
      return withLongestWaits(
        { channels: { ...document.channels, ...channels }, rules, ...defaults },
        values,
      );
    }
  }

  async function read(call: Call): Promise<OperatorSettings> {
    const [policies, { overrides, unreadable }] = await Promise.all([
      readPolicies(call),
      store.listOverrides(),
    ]);
    const [first] = unreadable;
    if (first !== undefined) {
      const count = unreadable.length;
      loggerOf(call).error('settings: automated messages cannot be read', { count, first });
    }
    return { policies, messages: overrides.map(({ override }) => override) };
  }

  function load(call: Call): Promise<OperatorSettings> {
    const readAt = now();
    const mine = read(call)
      .catch((thrown: unknown) => {
        if (known === undefined) throw thrown;
        const detail = ownError(thrown).message;
        loggerOf(call).warn('settings: not read, the known ones go on', { detail });
        return known.settings;
      })
      .then((settings) => {
        // Prevents: a load that began before a write ends after it, and its old settings count for 30 seconds more.
        if (loading === mine) known = { settings, readAt };
        return settings;
      })
      .finally(() => {
        if (loading === mine) loading = undefined;
      });
    return mine;
  }

  return {
    async current(call) {
      // Prevents: the clock of the machine is set back, and settings that were changed since count for as much longer.
      if (known !== undefined && Math.abs(now() - known.readAt) < FRESH_FOR) return known.settings;
      // Prevents: a storm of events after the 30 seconds, each of which reads the settings for itself.
      loading ??= load(call);
      return loading;
    },
    forget() {
      loading = undefined;
      known = known && { ...known, readAt: Number.NEGATIVE_INFINITY };
    },
  };
}

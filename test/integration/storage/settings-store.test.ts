import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { StoredRowError } from '../../../shared/app/errors';
import type { MessageOverride } from '../../../shared/automated-messages/automated-message';
import { MINUTE } from '../../../shared/conversation/time';
import type { PolicyDocument } from '../../../shared/policies/policy';
import {
  findInPolicyDocument,
  parsePolicyDocument,
  policyDocumentView,
} from '../../../shared/policies/policy-document-parser';
import type { SettingsStore, Written } from '../../../shared/policies/settings';
import { createTableSettingsStore } from '../../../shared/policies/settings-table';
import { createTableClients } from '../../../shared/storage/table-clients';
import { emptied, startTables, type Tables } from './tables';

let tables: Tables;
let store: SettingsStore;

const FORMAT = {
  parse: (value: unknown) => parsePolicyDocument(value, 'document'),
  view: policyDocumentView,
  find: findInPolicyDocument,
};

beforeAll(async () => {
  tables = startTables();
  store = createTableSettingsStore(tables.settings, FORMAT);
  await tables.ensureTables();
});
beforeEach(async () => {
  await emptied(tables.settings);
  tables.takeRequests();
});

const documentWith = (grace: number): PolicyDocument => ({
  channels: { portal: 'persistent-chat' },
  rules: [{ id: 'phones', when: { device: ['phone'] }, set: { grace, reconnectPortalUrl: undefined } }],
});
const FIRST = documentWith(4 * MINUTE);
const SECOND = documentWith(5 * MINUTE);
const OVERRIDE: MessageOverride = {
  trigger: 'agent-joined',
  channel: 'live-chat',
  channelInstance: 'Shop_1-a',
  locale: 'de-AT',
  text: 'Grüß Gott,\n{AgentName} {$OrderId$} 👋',
  active: true,
};

function etagOf(written: Written): string {
  if (written === 'conflict') throw new Error('was a conflict');
  return written.etag;
}

const overrides = async () => (await store.listOverrides()).overrides.map(({ override }) => override);

describe('the policy document', () => {
  test('is absent until it is saved, and then loaded as it was, with the ETag that the save gave', async () => {
    expect(await store.loadPolicies()).toBeUndefined();
    const etag = etagOf(await store.savePolicies(FIRST, 'create'));
    expect(await store.loadPolicies()).toStrictEqual({ document: FIRST, etag });
  });

  test.each(['PT24H', 'P1D', 'PT1440M', 'PT86400S', 'PT36H', 'P0DT90M', 'PT60.50S'])(
    'keeps %s in its column and in what is read [R215]',
    async (grace) => {
      const document = { channels: {}, rules: [{ id: 'all', when: {}, set: { grace } }] };
      await store.savePolicies(parsePolicyDocument(document), 'create');
      const row = await tables.settings.getEntity<{ document: string }>('policies', 'document');
      expect(JSON.parse(row.document)).toEqual(document);
      const stored = await store.loadPolicies();
      expect(policyDocumentView(stored!.document)).toEqual(document);
    },
  );

  test('is replaced by whoever names its version, and then has another one', async () => {
    const first = etagOf(await store.savePolicies(FIRST, 'create'));
    const second = etagOf(await store.savePolicies(SECOND, { etag: first }));
    expect(second).not.toBe(first);
    expect(await store.loadPolicies()).toStrictEqual({ document: SECOND, etag: second });
  });

  test('costs one request to load and one to save', async () => {
    await store.savePolicies(FIRST, 'create');
    await store.loadPolicies();
    const row = "Settings(PartitionKey='policies',RowKey='document')";
    expect(tables.takeRequests()).toEqual(['POST Settings', `GET ${row}`]);
  });

  test('of two writers of the same version one wins, and the other changes nothing', async () => {
    const etag = etagOf(await store.savePolicies(documentWith(MINUTE), 'create'));
    const written = await Promise.all(
      [FIRST, SECOND].map((document) => store.savePolicies(document, { etag })),
    );
    const winner = written[0] === 'conflict' ? 1 : 0;
    expect(written[1 - winner]).toBe('conflict');
    expect(await store.loadPolicies()).toStrictEqual({
      document: [FIRST, SECOND][winner],
      etag: etagOf(written[winner] ?? 'conflict'),
    });
  });

  test('of two writers of the first version one wins', async () => {
    const written = await Promise.all([FIRST, SECOND].map((each) => store.savePolicies(each, 'create')));
    expect(written.filter((each) => each === 'conflict')).toHaveLength(1);
  });

  test.each([
    '"somebody\'s own"',
    'no-entity-tag',
    'W/"1", W/"2"',
    'W/"datetime\'2020-01-01T00%3A00%3A00Z\'"',
  ])('with the ETag %s, which was never its own, is a conflict', async (etag) => {
    await store.savePolicies(FIRST, 'create');
    expect(await store.savePolicies(SECOND, { etag })).toBe('conflict');
    expect((await store.loadPolicies())?.document).toStrictEqual(FIRST);
  });

  test('is replaced by who names its version in the spelling of the storage, as the API did before', async () => {
    await store.savePolicies(FIRST, 'create');
    const { etag } = await tables.settings.getEntity('policies', 'document');
    expect(etag).toMatch(/^W\/"datetime/);
    expect(await store.savePolicies(SECOND, { etag })).not.toBe('conflict');
  });

  test('is replaced whatever its version is for "*", but not created', async () => {
    expect(await store.savePolicies(FIRST, { etag: '*' })).toBe('conflict');
    await store.savePolicies(FIRST, 'create');
    expect(await store.savePolicies(SECOND, { etag: '*' })).not.toBe('conflict');
    expect((await store.loadPolicies())?.document).toStrictEqual(SECOND);
  });

  test('that does not fit into its row is refused before it is sent, by its size', async () => {
    const rules = Array.from({ length: 100 }, (_, i) => ({
      id: `rule-${i}`,
      when: { workstream: Array.from({ length: 6 }, (_, j) => `${'x'.repeat(60)}${j}`) },
      set: { grace: MINUTE },
    }));
    const saved = store.savePolicies({ channels: {}, rules }, 'create');
    await expect(saved).rejects.toThrow(StoredRowError);
    await expect(saved).rejects.toThrow(
      /^policies\/document: document: \d+ characters do not fit into a property of 32768$/,
    );
    expect(tables.takeRequests()).toEqual([]);
  });
});

describe('a stored document that this version does not understand', () => {
  const keys = { partitionKey: 'policies', rowKey: 'document' };
  const storeRow = (columns: object) => tables.settings.createEntity({ ...keys, ...columns });

  test.each([
    ['is of a newer version', { schemaVersion: 99, document: '{}' }, /schemaVersion: newer than/],
    ['is not JSON', { schemaVersion: 1, document: 'SECRET{' }, /document: not JSON/],
    ['has no document', { schemaVersion: 1 }, /document: /],
    [
      'has a value that no policy has',
      {
        schemaVersion: 1,
        document: '{"rules":[{"id":"a","when":{},"set":{"grace":"SECRET"}}]}',
      },
      /document\.rules\.0\.set\.grace: must be an ISO 8601 duration/,
    ],
  ])('%s: it is named, and not repeated', async (_, columns, message) => {
    await storeRow(columns);
    const loaded = store.loadPolicies();
    await expect(loaded).rejects.toThrow(StoredRowError);
    await expect(loaded).rejects.toThrow(message);
    await expect(loaded).rejects.not.toThrow(/SECRET/);
  });

  test('can be replaced without its ETag', async () => {
    await storeRow({ schemaVersion: 99, document: '{}' });
    expect(await store.savePolicies(FIRST, 'create')).toBe('conflict');
    expect(await store.savePolicies(FIRST, { etag: '*' })).not.toBe('conflict');
    expect((await store.loadPolicies())?.document).toStrictEqual(FIRST);
  });

  test('is read when it has columns that a newer version has added', async () => {
    await storeRow({ schemaVersion: 1, document: '{"rules":[]}', addedLater: true });
    expect((await store.loadPolicies())?.document).toStrictEqual({ channels: {}, rules: [] });
  });
});

describe('the automated messages', () => {
  test('are listed as they were put, one for each place', async () => {
    const everywhere: MessageOverride = { trigger: 'agent-joined', text: 'Hello', active: true };
    const places: MessageOverride[] = [
      everywhere,
      { ...everywhere, channel: 'live-chat' },
      { ...everywhere, channelInstance: 'live-chat' },
      { ...everywhere, locale: 'de' },
      { ...everywhere, channel: 'persistent-chat', locale: 'de' },
      { trigger: 'agent-left', active: false },
      OVERRIDE,
    ];
    for (const each of places) await store.putOverride(each, 'create');
    const listed = await overrides();
    expect(listed).toHaveLength(places.length);
    for (const each of places) expect(listed).toContainEqual(each);
    expect((await store.listOverrides()).unreadable).toEqual([]);
  });

  test('have one override for a place, however the locale is spelled', async () => {
    const etag = etagOf(await store.putOverride(OVERRIDE, 'create'));
    const shouted = { ...OVERRIDE, locale: 'DE-at', text: 'Servus' };
    expect(await store.putOverride(shouted, 'create')).toBe('conflict');
    expect(await store.putOverride(shouted, { etag })).not.toBe('conflict');
    expect(await overrides()).toStrictEqual([shouted]);
  });

  test('lose the text that a new version leaves out', async () => {
    const etag = etagOf(await store.putOverride(OVERRIDE, 'create'));
    const { text: _, ...silent } = OVERRIDE;
    await store.putOverride({ ...silent, active: false }, { etag });
    expect(await overrides()).toStrictEqual([{ ...silent, active: false }]);
  });

  test('of two writers of the same version one wins, and the list gives the ETag of its version', async () => {
    const etag = etagOf(await store.putOverride(OVERRIDE, 'create'));
    const texts = ['one', 'two'].map((text) => ({ ...OVERRIDE, text }));
    const written = await Promise.all(texts.map((each) => store.putOverride(each, { etag })));
    const winner = written[0] === 'conflict' ? 1 : 0;
    expect(written[1 - winner]).toBe('conflict');
    expect((await store.listOverrides()).overrides).toStrictEqual([
      { override: texts[winner], etag: etagOf(written[winner] ?? 'conflict') },
    ]);
  });

  test('are taken back with their ETag, or without one', async () => {
    const old = etagOf(await store.putOverride(OVERRIDE, 'create'));
    const etag = etagOf(await store.putOverride(OVERRIDE, { etag: old }));
    for (const stale of [old, '"somebody\'s own"']) {
      expect(await store.deleteOverride(OVERRIDE, stale)).toBe('conflict');
    }
    expect(await store.deleteOverride(OVERRIDE, etag)).toBe('deleted');
    expect(await overrides()).toEqual([]);
    await store.putOverride(OVERRIDE, 'create');
    expect(await store.deleteOverride({ ...OVERRIDE, locale: 'DE-AT' }, undefined)).toBe('deleted');
    expect(await overrides()).toEqual([]);
  });

  test('that are not there cannot be taken back, nor replaced', async () => {
    await store.putOverride(OVERRIDE, 'create');
    const { locale: _, ...elsewhere } = OVERRIDE;
    expect(await store.deleteOverride(elsewhere, undefined)).toBe('not-found');
    expect(await store.deleteOverride(elsewhere, '*')).toBe('not-found');
    expect(await store.putOverride(elsewhere, { etag: '*' })).toBe('conflict');
    expect(await overrides()).toStrictEqual([OVERRIDE]);
  });

  test('that cannot be read silence no other one, and are named by their keys', async () => {
    await store.putOverride(OVERRIDE, 'create');
    const row = { partitionKey: 'automated-messages', schemaVersion: 1, active: true };
    await tables.settings.createEntity({ ...row, rowKey: 'newer', trigger: 'agent-left', schemaVersion: 99 });
    await tables.settings.createEntity({ ...row, rowKey: 'unknown', trigger: 'agent-sneezed' });
    expect(await overrides()).toStrictEqual([OVERRIDE]);
    expect((await store.listOverrides()).unreadable).toEqual(['newer', 'unknown']);
  });

  test('are no part of the policy document, nor it of them', async () => {
    await store.putOverride(OVERRIDE, 'create');
    expect(await store.loadPolicies()).toBeUndefined();
    await store.savePolicies(FIRST, 'create');
    expect(await overrides()).toStrictEqual([OVERRIDE]);
  });
});

test('an account without the table has no settings, and takes the first ones', async () => {
  const { connectionString } = tables;
  const { settings } = createTableClients({ connectionString }, { settings: 'NoSettingsYet' });
  const fresh = createTableSettingsStore(settings, FORMAT);
  expect(await fresh.savePolicies(FIRST, { etag: '*' })).toBe('conflict');
  await settings.deleteTable();
  expect(await fresh.loadPolicies()).toBeUndefined();
  await settings.deleteTable();
  expect(await fresh.listOverrides()).toEqual({ overrides: [], unreadable: [] });
  await settings.deleteTable();
  expect(await fresh.savePolicies(FIRST, 'create')).not.toBe('conflict');
  expect((await fresh.loadPolicies())?.document).toStrictEqual(FIRST);
});

describe('a write whose answer is lost, and which is repeated', () => {
  test('is found stored, whoever repeats it, and is no conflict [R186]', async () => {
    tables.loseNextResponse();
    const etag = etagOf(await store.savePolicies(FIRST, 'create'));
    tables.loseNextResponse();
    const second = etagOf(await store.savePolicies(SECOND, { etag }));
    expect(await store.loadPolicies()).toStrictEqual({ document: SECOND, etag: second });
    // The operator's script repeats it as well, with the version that it has read.
    expect(await store.savePolicies(SECOND, { etag })).toEqual({ etag: second });
    expect(await store.savePolicies(FIRST, { etag })).toBe('conflict');
    tables.loseNextResponse();
    const { text: _text, ...active } = OVERRIDE;
    expect(await store.putOverride(OVERRIDE, 'create')).not.toBe('conflict');
    expect(await store.putOverride(active, 'create')).toBe('conflict');
    expect(await store.putOverride(OVERRIDE, 'create')).not.toBe('conflict');
  });

  test('takes an override back once, and says so', async () => {
    const etag = etagOf(await store.putOverride(OVERRIDE, 'create'));
    tables.loseNextResponse();
    expect(await store.deleteOverride(OVERRIDE, etag)).toBe('deleted');
    await store.putOverride(OVERRIDE, 'create');
    tables.loseNextResponse();
    expect(await store.deleteOverride(OVERRIDE, undefined)).toBe('deleted');
    expect(await store.deleteOverride(OVERRIDE, undefined)).toBe('not-found');
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as ours from '../../../web/console/aliases/css-tag';

test('styles of lit: what stands in for them has every name, and says where styles belong', () => {
  const folder = join(__dirname, '..', '..', '..', 'node_modules', '@lit', 'reactive-element');
  const source = readFileSync(join(folder, 'css-tag.js'), 'utf8');
  const names = /export\{(.*?)\}/
    .exec(source)![1]!
    .split(',')
    .map((name) => name.replace(/^.* as /, ''));
  expect(Object.keys(ours).sort()).toEqual(names.sort());
  expect(() => ours.css()).toThrow('console.css');
});

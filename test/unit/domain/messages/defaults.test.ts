import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TEXTS } from '../../../../shared/automated-messages/default-texts';
import {
  AUTOMATED_MESSAGE_TRIGGERS,
  recipientOf,
} from '../../../../shared/automated-messages/automated-message';

describe('the built-in texts', () => {
  it('are there in English, German, French, Spanish and Japanese [R75]', () => {
    expect(Object.keys(DEFAULT_TEXTS).sort()).toEqual(['de', 'en', 'es', 'fr', 'ja']);
  });

  it('keep the English wording of how a conversation ends', () => {
    expect(DEFAULT_TEXTS.en).toMatchObject({
      'customer-disconnected': 'The customer was disconnected from the conversation.',
      'customer-ended-conversation': 'The customer has ended the conversation.',
      'agent-ended-conversation': 'The agent has ended the conversation.',
    });
  });

  it.each([
    ['de', 'Anna hat die Unterhaltung verlassen.'],
    ['en', 'Anna has left the conversation.'],
    ['es', 'Anna ha abandonado la conversación.'],
    ['fr', 'Anna a quitté la conversation.'],
    ['ja', '担当者のAnnaが会話から退出しました。'],
  ])(
    'in %s tell of an agent who left and of no queue, for a persistent chat then waits in none [R62]',
    (language, text) => {
      expect(DEFAULT_TEXTS[language]?.['agent-left'].replace('{AgentName}', 'Anna')).toBe(text);
    },
  );

  it.each(Object.keys(DEFAULT_TEXTS))('in %s speak of what the English ones speak of', (language) => {
    const placeholders = (text = '') => [...text.matchAll(/\{.*?\}/g)].map(String).sort();
    for (const trigger of AUTOMATED_MESSAGE_TRIGGERS) {
      const text = DEFAULT_TEXTS[language]?.[trigger];
      expect([trigger, placeholders(text)]).toEqual([trigger, placeholders(DEFAULT_TEXTS.en[trigger])]);
    }
  });

  it('are in another language each [R75]', () => {
    for (const trigger of AUTOMATED_MESSAGE_TRIGGERS) {
      const texts = Object.values(DEFAULT_TEXTS).map((text) => text[trigger]);
      expect(new Set(texts).size).toBe(texts.length);
    }
  });
});

it('agents are told what customers did, and customers everything else [R69]', () => {
  expect(AUTOMATED_MESSAGE_TRIGGERS.filter((trigger) => recipientOf(trigger) === 'agent')).toEqual([
    'customer-disconnected',
    'customer-ended-conversation',
  ]);
});

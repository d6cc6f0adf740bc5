import type { DefaultTexts } from './default-texts';

/** Japanese. */
export const ja: DefaultTexts = {
  'customer-disconnected': 'お客様との接続が切断されました。',
  'customer-ended-conversation': 'お客様が会話を終了しました。',
  'agent-assigned': '担当者が割り当てられました。まもなく応対いたします。',
  'agent-joined': '{AgentName}が会話に参加しました。',
  'agent-left': '担当者の{AgentName}が会話から退出しました。',
  'agent-disconnected':
    '担当者の{AgentName}との接続が切断されました。お客様は再び順番待ちの列に入りました。別の担当者が引き継ぎます。',
  'agent-ended-conversation': '担当者が会話を終了しました。',
  'session-ended': 'このチャットは終了しました。お問い合わせいただきありがとうございました。',
  'customer-next-in-line': '次にご案内いたします。',
  'customer-position-in-queue': '現在、順番待ちの{QueuePosition}番目です。',
};

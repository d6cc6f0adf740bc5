/** The widget as a module: importing it defines `<chat-widget>`. `Conversation` is the same without any looks. */
export { ChatWidget } from './element';
export { Conversation, type ConversationOptions } from './conversation';
export type { Chat, Delivery, End, Entry, Input, Problem } from './messages';
export type { Customer, Pace } from './line';
export type { Texts } from './texts';

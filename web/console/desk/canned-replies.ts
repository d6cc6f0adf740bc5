/** Replies that are at hand. The app puts the customer's own link in the place of `{ReconnectUrl}`; no agent sees it. */
export const CANNED_REPLIES = [
  { name: 'Greeting', text: 'Hello, thank you for waiting. How can I help you?' },
  { name: 'A moment', text: 'I am looking into it. One moment, please.' },
  { name: 'Still there?', text: 'Are you still there?' },
  {
    name: 'Link to come back',
    text: 'If we are cut off, you can come back to this conversation here: {ReconnectUrl}',
  },
  { name: 'Goodbye', text: 'Thank you for your time. Have a good day.' },
] as const;

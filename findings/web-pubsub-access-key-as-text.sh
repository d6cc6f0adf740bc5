#!/usr/bin/env bash
# @azure/web-pubsub 1.2.0 signs a token for each call with an access key, by jsonwebtoken, and gives it the key as a text. jsonwebtoken 9
# takes a text for a private key first, in vain, whatever the algorithm. Whoever gives the SDK a credential whose `key` is a KeyObject
# gets the same tokens. Seen on Node 20.20.2, CPU of one `getClientAccessToken`: some 300 to 570 us with the text, 14 us with the KeyObject.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @azure/web-pubsub@1.2.0
node -e "
const { createSecretKey } = require('node:crypto');
const { AzureKeyCredential, WebPubSubServiceClient } = require('@azure/web-pubsub');
const key = 'an-access-key-of-forty-characters-000000';
const client = (credential) => new WebPubSubServiceClient('https://example.test', credential, 'chat');
const ways = { text: client(new AzureKeyCredential(key)), 'KeyObject': client({ key: createSecretKey(Buffer.from(key)) }) };
(async () => {
  const us = {};
  for (const round of [1, 2, 3]) {
    for (const [way, service] of Object.entries(ways)) {
      const before = process.cpuUsage();
      for (let n = 0; n < 2000; n += 1) await service.getClientAccessToken({ userId: 'ann' });
      const { user, system } = process.cpuUsage(before);
      us[way] = (user + system) / 2000;
    }
  }
  const tokens = await Promise.all(Object.values(ways).map((service) => service.getClientAccessToken({ userId: 'ann' })));
  const isSame = new Set(tokens.map(({ token }) => token)).size === 1;
  console.log('text: ' + us.text.toFixed(0) + ' us; KeyObject: ' + us.KeyObject.toFixed(0) + ' us; the same token: ' + isSame);
  process.exit(us.text > 3 * us.KeyObject ? 0 : 1);
})();
"

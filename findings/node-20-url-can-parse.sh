#!/usr/bin/env bash
# Node 20.20.2: `URL.canParse` refuses an address with a letter such as "ü" once the function that calls it has been optimised:
# the fast call takes Latin-1 bytes for UTF-8. The first thousands of calls are right. `new URL` is right always.
# Seen: refused at call 3,776 of 200,000, and ever after.
set -euo pipefail
node -e '
  const address = "https://b\u00fccher.example/";
  const canParse = (text) => URL.canParse(text);
  const refused = Array.from({ length: 200_000 }, (_, at) => at).find(() => !canParse(address));
  console.log(refused === undefined ? "as it should be" : `refused at call ${refused}; new URL gives ${new URL(address).href}`);
'

import { startAzurite } from '../local/stack/azurite';
import { measureEvents } from './events';
async function main() {
  const azurite = await startAzurite();
  try {
    const builds = process.argv.slice(2);
    const r = await measureEvents({
      builds,
      storage: azurite,
      conversations: 20,
      rounds: 3,
      onRound: (n) => console.error('round', n),
    });
    console.log(JSON.stringify(r, null, 1));
  } finally {
    await azurite.stop();
  }
}
void main();

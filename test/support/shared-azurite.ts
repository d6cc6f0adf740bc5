import { startSharedAzurite } from '../../local/stack/shared-azurite';

/** Before the tests of projects that need a storage. */
export default startSharedAzurite;

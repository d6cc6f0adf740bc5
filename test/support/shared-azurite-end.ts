import { stopSharedAzurite } from '../../local/stack/shared-azurite';

/** After the tests of projects that need a storage. */
export default stopSharedAzurite;

/** The build of the core that can do everything, but for its bytes. */

import makeGlue from '../generated/glue.js';
import { gcm } from '../host/gcm.js';
import { beginHash } from '../host/hash.js';
import { P256, P384, verify } from '../host/verify.js';
import { readSearch } from '../search/options.js';
import { provideSearch } from '../search/reader.js';

provideSearch(readSearch);

export const complete = {
  complete: true,
  makeGlue,
  hostWork: { gcm, verify: verify(P256, P384) },
  beginHash,
} as const;

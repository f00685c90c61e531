/** The build of the core that can do everything, but for its bytes. */

import makeGlue from '../generated/glue.js';
import { gcm } from '../host/gcm.js';

export const complete = { complete: true, makeGlue, hostWork: { gcm } } as const;

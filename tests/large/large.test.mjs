// A stream of 2 GiB through encryption and decryption in bounded memory: `make test-large`.

import { boundedMemory } from './bounded.mjs';

boundedMemory('2 GiB', 2 ** 31);
boundedMemory('2 GiB in frames of 1 MiB', 2 ** 31, 1 << 20);

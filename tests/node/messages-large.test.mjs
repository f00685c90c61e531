// The short form of `make test-large`: a stream is not held in memory.

import { boundedMemory } from '../large/bounded.mjs';

boundedMemory('256 MiB', 2 ** 28);
boundedMemory('256 MiB in frames of 4,096 bytes', 2 ** 28, 4096);

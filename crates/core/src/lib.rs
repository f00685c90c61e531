//! The module that the npm package has, linked from the bindings: all crates are optimized as one here.

use fieldseal_wasm as _;

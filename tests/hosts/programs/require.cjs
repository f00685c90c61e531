const fieldseal = require('fieldseal');

import('./report.mjs').then(({ report }) => report(fieldseal));

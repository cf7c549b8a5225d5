// The kernel knows this process as the loader. A child must be started through the script, not by the loader alone.
process.execPath = require('node:path').resolve(__dirname, '../../bin/node');

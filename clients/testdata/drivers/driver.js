// Runs samples: each line of the input is the code of one, as a JSON string,
// and is answered by a line with the status that it got and what it printed.
// The working folder is where its packages are installed.
'use strict';
const { createRequire } = require('module');
const readline = require('readline');

const installed = createRequire(process.cwd() + '/');

function run(code) {
  return new Promise((resolve) => {
    let printed = '';
    const log = { log: (...values) => { printed += values.join(' ') + '\n'; } };
    // The sample's own callback is called as it would be, and it is seen when
    // it is done.
    const load = (name) => {
      const loaded = installed(name);
      return name !== 'request' ? loaded : (options, callback) => loaded(options, (error, response) => {
        let failure = '';
        try {
          callback(error, response);
        } catch (e) {
          failure = String(e);
        }
        resolve({ status: response ? response.statusCode : 0, output: printed, failure });
      });
    };
    try {
      new Function('require', 'console', code)(load, log);
    } catch (e) {
      resolve({ status: 0, output: printed, failure: String(e.stack) });
    }
  });
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await run(JSON.parse(line))) + '\n');
  }
})();

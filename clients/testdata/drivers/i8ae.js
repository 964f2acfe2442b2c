// Uses i8.ae as its page tells. Argument: a key. What it is answered is printed
// as one JSON object.
'use strict';
const { createRequire } = require('module');

const I8 = createRequire(process.cwd() + '/')('i8.ae');

(async () => {
  const client = new I8(process.argv[2]);
  process.stdout.write(JSON.stringify({
    short: await client.short('https://example.com/from-i8'),
    secure: await client.secure('https://example.com/from-i8-secure', 'sesame'),
    refused: await client.short('nonsense'),
    locked: await new I8('a-key-that-opens-nothing').short('https://example.com/'),
  }) + '\n');
})();

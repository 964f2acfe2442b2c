// Uses node-yourls as its page tells. Arguments: the address of the API and a
// signature. What it is answered is printed as one JSON object.
'use strict';
const http = require('http');
const { createRequire } = require('module');
const { promisify } = require('util');

const Yourls = createRequire(process.cwd() + '/')('node-yourls');

// The package takes a host and no port.
const address = new URL(process.argv[2]);
http.globalAgent.defaultPort = Number(address.port);

const client = new Yourls(address.protocol + '//' + address.hostname, process.argv[3]);
const call = (name) => promisify(client[name].bind(client));

(async () => {
  const answers = {};
  answers.shorten = await call('shorten')('https://example.com/from-node', 'From Node');
  answers.vanity = await call('vanity')('https://example.com/vanity', 'vanity');
  answers.taken = await call('vanity')('https://example.com/another', 'vanity');
  answers.expand = await call('expand')('vanity');
  answers.unknown = await call('expand')('nowhere');
  answers.urlstats = await call('urlstats')(answers.shorten.shorturl);
  answers.dbstats = await call('dbstats')();
  process.stdout.write(JSON.stringify(answers) + '\n');
})();

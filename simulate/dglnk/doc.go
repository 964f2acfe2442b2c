// Package dglnk is a stand-in for the site behind dgLnk: version 1, whose API
// makes links and does nothing else, and version 3, which reads and changes them
// too. It keeps everything in memory, and serves the short URLs it gave at
// /{alias}.
//
// It is read from dgLnk's page and from what is known of such sites, so that an
// adapter and this package do not share a mistake. Its habits, all of which
// clients must bear:
//
//   - What the user's plan lacks is dropped from requests that succeed.
//   - A body without the Content-Type of JSON is not read. Without the Accept of
//     JSON, failures are pages and redirects.
//   - Of several addresses, those that cannot be shortened are missing from the
//     reply, and equal ones are made once.
//   - A PUT without long_url is a 500. One with it resets what it does not name,
//     but for the password, which no reply tells.
//   - Version 3 gives targets back normalised, and lists what is in the bin.
//   - A report about what is no link is about all links.
//   - No visitor's device is a "phone".
//   - JSON is spelt as PHP spells it, with slashes and other letters escaped.
//
// No source tells the following, which is therefore a guess: the shape of a
// report below its metrics, the members rules, tags, pixels and groups of a link
// in version 3, that a link in the bin cannot be read or changed, that an alias
// is unique on the whole site, and the columns that lists sort by.
package dglnk

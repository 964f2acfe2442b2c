package records

import "time"

// Hour is what visits of a link in one hour add up to.
type Hour struct {
	Link     int64     `json:"link"`
	Hour     time.Time `json:"hour"`
	Clicks   int64     `json:"clicks"`
	Uniques  int64     `json:"uniqueclicks"`
	Bots     int64     `json:"bots"`
	Previews int64     `json:"previews"`
	Scans    int64     `json:"scans"`
}

// Day is how many clicks of a link had a value on a day in UTC.
type Day struct {
	Link int64 `json:"link"`

	// Day is written as 2006-01-02.
	Day string `json:"day"`

	// Dimension is a name of clicks.DimensionNames.
	Dimension string `json:"dimension"`
	Value     string `json:"value"`
	Clicks    int64  `json:"clicks"`
}

// Orphan is a path that was asked for and is no link.
type Orphan struct {
	Domain   string    `json:"domain"`
	Path     string    `json:"path"`
	Visits   int64     `json:"visits"`
	Programs int64     `json:"programs"`
	Last     time.Time `json:"last"`
}

// Ledger is a link on a backend that cannot list it.
type Ledger struct {
	ID       int64  `json:"id"`
	Account  string `json:"account"`
	Backend  string `json:"backend"`
	RemoteID string `json:"remoteid"`
	Alias    string `json:"custom"`
	ShortURL string `json:"shorturl"`
	Title    string `json:"title"`
	LongURL  string `json:"url"`

	// Document is JSON, as a text, byte for byte.
	Document string `json:"document"`

	// Fingerprint is in hexadecimal digits.
	Fingerprint string `json:"fingerprint"`

	Created   time.Time `json:"created"`
	Completed time.Time `json:"completed"`
	Doubtful  time.Time `json:"doubtful"`
}

// Kind implements Record.
func (*Hour) Kind() Kind { return KindHour }

// Kind implements Record.
func (*Day) Kind() Kind { return KindDay }

// Kind implements Record.
func (*Orphan) Kind() Kind { return KindOrphan }

// Kind implements Record.
func (*Ledger) Kind() Kind { return KindLedger }

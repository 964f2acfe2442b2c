package clicks

import "time"

// Dimension is one way to break clicks down. Its number is kept in databases.
type Dimension uint8

// The dimensions, with what their values are.
const (
	// Countries: ISO 3166 codes.
	Countries Dimension = iota
	// Referrers: hosts in lower case without "www."; empty means direct, and
	// OtherReferrers those past the bound of a day.
	Referrers
	// Browsers: names such as "Chrome".
	Browsers
	// Systems: names such as "Windows 10".
	Systems
	// Devices: Mobile, Tablet and Desktop.
	Devices
	// Languages: ISO 639 codes.
	Languages
	// Social: networks such as "facebook" and "twitter", of clicks that were
	// referred by one.
	Social

	dimensionCount = int(Social) + 1
)

// OtherReferrers stands for the referrers past MaxReferrers.
const OtherReferrers = "(other)"

// Bounds of what visitors can fill a database with.
const (
	// MaxReferrers are the hosts that are told apart per link and day. Replies
	// show fifty at most.
	MaxReferrers = 200
	// MaxOrphanPaths are the paths that are told apart per domain; further
	// visits are counted under the empty path.
	MaxOrphanPaths = 1000
	// MaxOrphanDomains are the domains that are told apart; further visits are
	// counted under the empty domain and path.
	MaxOrphanDomains = 1000
)

var dimensionNames = [dimensionCount]string{"countries", "referrers", "browsers", "systems", "devices", "languages", "social"}

// String returns the name of the dimension in requests.
func (d Dimension) String() string { return dimensionNames[d] }

// AllDimensions asks for every dimension where the name of one is expected.
const AllDimensions = "all"

// DimensionByName returns the dimension with the name.
func DimensionByName(name string) (d Dimension, found bool) {
	for i, n := range dimensionNames {
		if n == name {
			return Dimension(i), true
		}
	}
	return 0, false
}

// DimensionNames returns the names of all dimensions.
func DimensionNames() []string { return append([]string(nil), dimensionNames[:]...) }

// Counts are visits by kind. Clicks are those of humans, scans included;
// Uniques are visitors that came to the link for the first time on that day in
// UTC.
type Counts struct {
	Clicks, Uniques, Bots, Previews, Scans int64
}

// Named is a value of a dimension with its clicks.
type Named struct {
	Name   string
	Clicks int64
}

// Summary is what a link's visits add up to since it was made. The lists hold
// ten values each, those with the most clicks first.
type Summary struct {
	Clicks, UniqueClicks                            int64
	Countries, Referrers, Browsers, Systems, Social []Named

	// CarriedClicks and CarriedUniques were counted elsewhere, before the link
	// came here. They are in nothing else of the summary.
	CarriedClicks, CarriedUniques int64
}

// Interval is the width of a bucket of a Series.
type Interval string

// The intervals.
const (
	Hour Interval = "hour"
	Day  Interval = "day"
)

// Bounds of a Series.
const (
	MaxHours = 24 * 93
	MaxDays  = 3660
	// MaxSeriesValues are the values of a dimension in a Series.
	MaxSeriesValues = 50
)

// Series is the history of a link.
type Series struct {
	// Totals is the sum of the buckets.
	Totals Counts

	// Buckets are in order of time, without gaps.
	Buckets []Bucket

	// Values are those with the most clicks, most first, of each dimension that
	// was asked for, by its name; nil where none was. Dimensions are kept by day
	// in UTC: of a Series by hour they are those of all days that it touches.
	Values map[string][]ValueSeries
}

// Bucket is an hour or a day.
type Bucket struct {
	Start time.Time
	Counts
}

// ValueSeries is the history of one value.
type ValueSeries struct {
	Named

	// Days are the clicks per bucket of a Series by day of one dimension; nil by
	// hour, and of all dimensions.
	Days []int64
}

// Orphan is a path that was asked for and is no link.
type Orphan struct {
	// Domain is the host, Path what followed it, without the leading slash.
	Domain, Path string
	// Visits are those of humans, Programs all others. Programs alone make no
	// row of their own.
	Visits, Programs int64
	// Last is the moment of the last visit.
	Last time.Time
}

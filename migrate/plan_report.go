package migrate

import (
	"time"

	"github.com/linkquay/linkquay/adapters"
)

// Report is what a move would do. Nothing was written for it.
type Report struct {
	Source string `json:"source"`
	Target string `json:"target"`

	// Domain is the host that links of the source's main domain get; empty for the
	// target's main domain.
	Domain string `json:"domain,omitempty"`

	// Quick says that only lists were read: fields that a list does not tell are
	// not counted, and Untold is that of one link.
	Quick bool `json:"quick"`

	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"`

	// Kinds are the kinds of objects in the order in which they are moved, those
	// that there are none of left out.
	Kinds []KindReport `json:"kinds"`

	// Addresses says how many links keep their short URL.
	Addresses AddressReport `json:"addresses"`

	// Findings are what to know before moving, what matters most first.
	Findings []Finding `json:"findings"`

	// NotMoved is what a move leaves where it is.
	NotMoved []NotMoved `json:"not_moved"`

	Estimate Estimate `json:"estimate"`
}

// KindReport is about all objects of one kind.
type KindReport struct {
	Kind adapters.Kind `json:"kind"`

	// Objects is how many there are, Movable how many of them can be copied.
	Objects int `json:"objects"`
	Movable int `json:"movable"`

	// Fields are those that any of them has, or may have.
	Fields []FieldReport `json:"fields"`
}

// FieldReport counts objects by what becomes of one of their fields. Beside the
// contract's names there are "address" (the short URL), "created" (the date) and
// "clicks" (the count so far).
type FieldReport struct {
	Field   string `json:"field"`
	Kept    int    `json:"kept"`
	Changed int    `json:"changed"`

	// Lost: the target has no such thing. Untold: the source has it or not, and
	// cannot tell.
	Lost   int `json:"lost"`
	Untold int `json:"untold"`
}

// AddressReport counts links by what becomes of their short URL.
type AddressReport struct {
	Kept    int `json:"kept"`
	Changed int `json:"changed"`
}

// Code says what a finding is.
type Code string

// The codes, in the order of a report.
const (
	// FoundUnreadable: the source did not give the object.
	FoundUnreadable Code = "unreadable"
	// FoundImmovable: the target has no such objects, or the source does not tell
	// what one cannot be made without.
	FoundImmovable Code = "immovable"
	// FoundRefused: the target would not take the object as it is.
	FoundRefused Code = "refused"
	// FoundTaken: the address is that of another link at the target.
	FoundTaken Code = "alias_taken"
	// FoundTwice: two links of the source would get one address.
	FoundTwice Code = "alias_twice"
	// FoundNoDomain: the target cannot have the link's domain.
	FoundNoDomain Code = "no_domain"
	// FoundAddress: the link gets another address. The old one stays where it is.
	FoundAddress Code = "address"
	// FoundExpired: the target takes no link that has ended.
	FoundExpired Code = "expired"
	// FoundPassword: the link has a password, and nobody can tell it.
	FoundPassword Code = "password"
	// FoundLost: the target does not have what the field asks for.
	FoundLost Code = "lost"
	// FoundUntold: the source cannot tell the field. Objects are counted and not
	// listed: it is all of a kind.
	FoundUntold Code = "untold"
	// FoundThere: the target has the object already, alike.
	FoundThere Code = "already_there"
)

// codes are in the order of a report.
var codes = []Code{
	FoundUnreadable, FoundImmovable, FoundRefused, FoundTaken, FoundTwice, FoundNoDomain, FoundAddress, FoundExpired, FoundPassword,
	FoundLost, FoundUntold, FoundThere,
}

// Finding is one thing that concerns objects of one kind.
type Finding struct {
	Code Code          `json:"code"`
	Kind adapters.Kind `json:"kind"`

	// Field is what it is about; empty where it is about the whole object.
	Field string `json:"field,omitempty"`

	// Message says it in a sentence, with the number of objects.
	Message string `json:"message"`

	// Count is how many objects it concerns. Objects are the first of them, up to
	// PlanOptions.Limit.
	Count   int           `json:"count"`
	Objects []FoundObject `json:"objects"`
}

// FoundObject is an object that a finding concerns.
type FoundObject struct {
	// ID is that at the source; below 0 for a link that is known from a file.
	ID int64 `json:"id"`

	// Name is the short URL of a link, and of others their name.
	Name string `json:"name"`

	// Becomes is the short URL at the target where it is another one.
	Becomes string `json:"becomes,omitempty"`

	// Detail says more of this one.
	Detail string `json:"detail,omitempty"`
}

// NotMoved is something that no move takes along.
type NotMoved struct {
	What  string `json:"what"`
	Count int    `json:"count"`

	// Works says that they go on working where they are, by the same ids.
	Works bool `json:"works"`
}

// Estimate is how long a copy takes by the rates of both sides, which are used
// at the same time.
type Estimate struct {
	Source SideEstimate `json:"source"`
	Target SideEstimate `json:"target"`

	// Seconds is the longer one of both; 0 where no side has a rate.
	Seconds float64 `json:"seconds"`
}

// SideEstimate is what a copy asks of one side.
type SideEstimate struct {
	// Calls is how many calls it takes; 0 where objects are given or taken many at
	// a time.
	Calls int `json:"calls"`

	// Requests in WindowSeconds are what the side allows; 0 where that is not
	// limited.
	Requests      int     `json:"requests"`
	WindowSeconds float64 `json:"window_seconds"`

	// Seconds is how long the calls take at that rate; 0 without one.
	Seconds float64 `json:"seconds"`
}

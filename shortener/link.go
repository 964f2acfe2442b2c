// Package shortener is the native shortener's domain: links, what may be in
// them, and what a visitor gets to see. It knows no SQL and no HTTP server.
package shortener

import "time"

// Link is a short link.
type Link struct {
	// ID is counted from 1; the store sets it.
	ID int64

	// Account owns the link.
	Account string

	// Domain is the host of the branded domain that the link stands on, lower
	// case; empty for the main domain.
	Domain string

	// Alias is unique on its domain, case-sensitive.
	Alias string

	// URL is the destination.
	URL string

	// Type is "direct" (the default), "frame", "splash", the number of a custom
	// splash page, or "overlay-<id>".
	Type string

	// PasswordHash is the argon2id hash in PHC format, empty without a password.
	PasswordHash string

	// Expires is when the link ends; the zero time means never.
	Expires time.Time

	// Public makes the link's statistics and its listing visible to everybody.
	// It does not switch the link on or off.
	Public bool

	// MetaTitle, MetaDescription and MetaImage are what previews show.
	MetaTitle       string
	MetaDescription string
	MetaImage       string

	// Description is a private note.
	Description string

	// Campaign and Channel are ids, 0 for none.
	Campaign int64
	Channel  int64

	// Options is what only a visit needs.
	Options Options

	// Clicks is the number of visits so far.
	Clicks int64

	// Created is when the link was made, Updated when it last changed.
	Created time.Time
	Updated time.Time
}

// Options is what a link does beyond sending everybody to one place. Its JSON
// has the contract's names; it is kept as it was given.
type Options struct {
	Geo        []GeoRule      `json:"geotarget,omitempty"`
	Devices    []DeviceRule   `json:"devicetarget,omitempty"`
	Languages  []LanguageRule `json:"languagetarget,omitempty"`
	Parameters []Parameter    `json:"parameters,omitempty"`
	Pixels     []int64        `json:"pixels,omitempty"`
	DeepLink   *DeepLink      `json:"deeplink,omitempty"`
}

// GeoRule sends visitors from a country elsewhere.
type GeoRule struct {
	// Location is an English country name or an ISO 3166-1 alpha-2 code.
	Location string `json:"location"`
	Link     string `json:"link"`
}

// DeviceRule sends visitors with a device elsewhere.
type DeviceRule struct {
	Device string `json:"device"`
	Link   string `json:"link"`
}

// LanguageRule sends visitors with a language elsewhere.
type LanguageRule struct {
	// Language is a BCP 47 tag, such as "en".
	Language string `json:"language"`
	Link     string `json:"link"`
}

// Parameter is added to the destination's query.
type Parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// DeepLink opens an app where the visitor has it.
type DeepLink struct {
	// Auto makes the deep links from the destination.
	Auto bool `json:"auto,omitempty"`
	// Apple and Google are the addresses in the app stores.
	Apple  string `json:"apple,omitempty"`
	Google string `json:"google,omitempty"`
}

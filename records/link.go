package records

import (
	"time"

	"github.com/linkquay/linkquay/shortener"
)

// Link is a link of any kind, with the QR code or the file that it leads to.
type Link struct {
	// Of is the record's kind; empty means KindLink.
	Of Kind `json:"-"`

	// ID is the link's, or where it has one of its own, the QR code's or file's;
	// the link's is in Link then.
	ID   int64 `json:"id"`
	Link int64 `json:"link"`

	Account string `json:"account"`

	// Domain is a branded domain, empty for the main one.
	Domain string `json:"domain"`
	Alias  string `json:"custom"`
	URL    string `json:"url"`
	Type   string `json:"type"`
	Plain  bool   `json:"plain"`

	// PasswordHash is that of the link's password. Protected says that there is
	// one in files without secrets; Password is for those written by hand, and is
	// never exported.
	PasswordHash string `json:"passwordhash"`
	Protected    bool   `json:"protected"`
	Password     string `json:"password"`

	Expires         time.Time `json:"expiry"`
	Public          bool      `json:"public"`
	MetaTitle       string    `json:"metatitle"`
	MetaDescription string    `json:"metadescription"`
	MetaImage       string    `json:"metaimage"`
	Description     string    `json:"description"`
	Campaign        int64     `json:"campaign"`
	ExternalID      string    `json:"externalid"`

	shortener.Options

	Clicks         int64 `json:"clicks"`
	UniqueClicks   int64 `json:"uniqueclicks"`
	CarriedClicks  int64 `json:"carriedclicks"`
	CarriedUniques int64 `json:"carrieduniqueclicks"`

	// Taken is how many of the visits that ClickLimit allows are used.
	Taken int64 `json:"taken"`

	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

// Kind implements Record.
func (l *Link) Kind() Kind {
	if l.Of == "" {
		return KindLink
	}
	return l.Of
}

// LinkID returns the id of the link itself, 0 where the record has none.
func (l *Link) LinkID() int64 {
	if l.Of == KindQR || l.Of == KindFile {
		return l.Link
	}
	return l.ID
}

// SetID sets the id of the link itself, and that of the QR code or file that it
// leads to.
func (l *Link) SetID(link, own int64) {
	if l.Of == KindQR || l.Of == KindFile {
		l.ID, l.Link = own, link
	} else {
		l.ID, l.Link = link, 0
	}
}

var shortenerKinds = map[Kind]shortener.Kind{
	KindLink: shortener.KindLink, KindQR: shortener.KindQR, KindFile: shortener.KindFile, KindRemote: shortener.KindRemote,
}

// FromLink returns the record of a link. own is the id of the QR code or file
// that it leads to, taken what TakeClick counted.
func FromLink(l *shortener.Link, own, taken int64) *Link {
	r := &Link{
		Account: l.Account, Domain: l.Domain, Alias: l.Alias, URL: l.URL, Type: l.Type, Plain: l.Plain,
		PasswordHash: l.PasswordHash, Protected: l.PasswordHash != "",
		Expires: l.Expires, Public: l.Public,
		MetaTitle: l.MetaTitle, MetaDescription: l.MetaDescription, MetaImage: l.MetaImage, Description: l.Description,
		Campaign: l.Campaign, ExternalID: l.ExternalID, Options: l.Options,
		Clicks: l.Clicks, UniqueClicks: l.UniqueClicks, CarriedClicks: l.CarriedClicks, CarriedUniques: l.CarriedUniques,
		Taken: taken, Created: l.Created, Updated: l.Updated,
	}
	for of, kind := range shortenerKinds {
		if kind == l.Kind {
			r.Of = of
		}
	}
	r.SetID(l.ID, own)
	return r
}

// Shortener returns the link as the shortener has it, without its channels.
func (l *Link) Shortener() *shortener.Link {
	return &shortener.Link{
		ID: l.LinkID(), Kind: shortenerKinds[l.Kind()],
		Account: l.Account, Domain: l.Domain, Alias: l.Alias, URL: l.URL, Type: l.Type, Plain: l.Plain,
		PasswordHash: l.PasswordHash,
		Expires:      l.Expires, Public: l.Public,
		MetaTitle: l.MetaTitle, MetaDescription: l.MetaDescription, MetaImage: l.MetaImage, Description: l.Description,
		Campaign: l.Campaign, ExternalID: l.ExternalID, Options: l.Options,
		Clicks: l.Clicks, UniqueClicks: l.UniqueClicks, CarriedClicks: l.CarriedClicks, CarriedUniques: l.CarriedUniques,
		Created: l.Created, Updated: l.Updated,
	}
}

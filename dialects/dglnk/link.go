package dglnk

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// success is the status of every answer that is none to a failure.
const success = "success"

// user is the owner that links are told to have: accounts have no numbers.
const user = 1

// answer is a success. Errors and Warnings are Linkquay's own: which of several
// links were not made, and what those that were are made without.
type answer struct {
	Status   string              `json:"status"`
	Link     any                 `json:"link,omitempty"`
	Links    []any               `json:"links,omitempty"`
	Errors   map[string][]string `json:"errors,omitempty"`
	Warnings map[string][]string `json:"warnings,omitempty"`
}

// link is a link as dgLnk answers it.
type link struct {
	Type        string  `json:"type"`
	Title       *string `json:"title"`
	Description *string `json:"description"`
	Hash        string  `json:"hash"`
	LongURL     string  `json:"long_url"`
	ExpiresAt   *string `json:"expires_at"`
	Disabled    bool    `json:"disabled"`
	UserID      int     `json:"user_id"`
	DomainID    *int64  `json:"domain_id"`
	Alias       *string `json:"alias"`
	HasPassword bool    `json:"has_password"`
	UpdatedAt   string  `json:"updated_at"`
	CreatedAt   string  `json:"created_at"`
	ID          int64   `json:"id"`
	ShortURL    string  `json:"short_url"`
}

// newerLink is a link as version 3 answers it, which has other names for some.
type newerLink struct {
	*link
	Name   *string `json:"name"`
	Active bool    `json:"active"`
}

// shown is the link in the shape of the request's version.
func (m *maker) shown(l *link) any {
	if !m.newer {
		return l
	}
	return newerLink{link: l, Name: l.Title, Active: !l.Disabled}
}

// link returns the link that was made for the request, as far as the request
// and the answer to it tell.
func (in *request) link(made gjson.Result, zone *time.Location) *link {
	asked := gjson.ParseBytes(in.document(""))
	short := cmp.Or(made.Get("shorturl").String(), made.Get("short").String())
	now := time.Now().In(zone).Format(translate.DateTimeLayout)
	return &link{
		Type:        cmp.Or(asked.Get("type").String(), "direct"),
		Title:       orNull(asked.Get("metatitle").String()),
		Description: orNull(asked.Get("metadescription").String()),
		Hash:        short[strings.LastIndexByte(short, '/')+1:],
		LongURL:     asked.Get("url").String(),
		ExpiresAt:   orNull(moment(asked.Get("expiry").String(), zone)),
		Disabled:    asked.Get("disabled").Bool(),
		UserID:      user,
		DomainID:    in.domain,
		Alias:       orNull(asked.Get("custom").String()),
		HasPassword: asked.Get("password").Exists(),
		UpdatedAt:   now,
		CreatedAt:   now,
		ID:          made.Get("id").Int(),
		ShortURL:    short,
	}
}

// update takes what the backend tells of the link, which may differ from what
// was asked for. What it does not tell stays.
func (l *link) update(details gjson.Result, zone *time.Location) {
	l.LongURL = cmp.Or(details.Get("longurl").String(), l.LongURL)
	l.Type = cmp.Or(details.Get("type").String(), l.Type)
	if title := cmp.Or(details.Get("metatitle").String(), details.Get("title").String()); title != "" {
		l.Title = &title
	}
	if v := details.Get("metadescription"); v.Exists() {
		l.Description = orNull(v.String())
	}
	if v := details.Get("expiry"); v.Exists() {
		l.ExpiresAt = orNull(moment(v.String(), zone))
	}
	if v := details.Get("disabled"); v.Exists() {
		l.Disabled = v.Bool()
	}
	if v := details.Get("has_password"); v.Exists() {
		l.HasPassword = v.Bool()
	}
	if date := moment(details.Get("date").String(), zone); date != "" {
		l.CreatedAt, l.UpdatedAt = date, date
	}
}

// moment writes a time of the contract's as dgLnk does: as a date and a time of
// day without a zone. What is no time stays as it is.
func moment(s string, zone *time.Location) string {
	t, err := translate.ParseDateTime(s, zone)
	if err != nil {
		return s
	}
	return t.In(zone).Format(translate.DateTimeLayout)
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// messages are sentences by field.
func messages(fields []api.FieldError) map[string][]string {
	if len(fields) == 0 {
		return nil
	}
	said := map[api.FieldError]bool{}
	m := make(map[string][]string, len(fields))
	for _, f := range fields {
		// Of several links that fail for what they share, each says so.
		if !said[f] {
			said[f] = true
			m[f.Field] = append(m[f.Field], api.Sentence(f))
		}
	}
	return m
}

func encode(v any, header http.Header) (*api.Reply, error) {
	document, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	return &api.Reply{Document: document, Header: header}, nil
}

package verify

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/linkquay/linkquay/guard"
)

// Class is what a visitor gets.
type Class string

// The classes.
const (
	// Redirect: is led to a URL.
	Redirect Class = "redirect"
	// Page: is shown a page.
	Page Class = "page"
	// Password: is asked for a password.
	Password Class = "password"
	// File: is handed a file.
	File Class = "file"
	// Gone: is told that the link has ended.
	Gone Class = "gone"
	// NotFound: is told that there is no such link.
	NotFound Class = "not_found"
	// Refused: is not let in, with 401, 403 or 451.
	Refused Class = "refused"
	// Error: gets no answer that means anything.
	Error Class = "error"
)

// Landing is where a visitor lands.
type Landing struct {
	Class Class `json:"class"`

	// URL is where a Redirect leads, or a Page after some seconds by itself.
	URL string `json:"url,omitempty"`

	// Leads are where a Page's frame or else its links lead to on other hosts.
	Leads []string `json:"leads,omitempty"`

	// Note is what is wrong, of an Error or a Refused.
	Note string `json:"note,omitempty"`
}

// String says it in a few words.
func (l Landing) String() string {
	text := strings.ReplaceAll(string(l.Class), "_", " ")
	switch {
	case l.URL != "":
		return text + " to " + l.URL
	case l.Note != "":
		return text + " (" + l.Note + ")"
	case len(l.Leads) == 1:
		return text + " about " + l.Leads[0]
	case len(l.Leads) > 1:
		return fmt.Sprintf("%s about %s and %d more", text, l.Leads[0], len(l.Leads)-1)
	}
	return text
}

// classify says where the answer of an address has a visitor land.
func classify(address string, a *guard.Answer) Landing {
	switch status := a.Status; {
	case a.Location != "":
		return Landing{Class: Redirect, URL: a.Location}
	case status >= 200 && status <= 299:
		kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
		disposition, _, _ := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
		if disposition == "attachment" || kind != "" && kind != "text/html" && kind != "application/xhtml+xml" {
			return Landing{Class: File}
		}
		return readPage(address, a.Body)
	case status == http.StatusNotFound:
		return Landing{Class: NotFound}
	case status == http.StatusGone:
		return Landing{Class: Gone}
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusUnavailableForLegalReasons:
		return Landing{Class: Refused, Note: fmt.Sprintf("status %d", status)}
	default:
		return Landing{Class: Error, Note: fmt.Sprintf("status %d", status)}
	}
}

// Verdict is what came of comparing two landings.
type Verdict string

// The verdicts.
const (
	Same      Verdict = "same"
	Different Verdict = "different"
	// Unknown: a side gave no answer.
	Unknown Verdict = "unknown"
)

// judge compares where a visitor lands on both sides.
func judge(a, b *Landing) Verdict {
	if a.Class == Error || b.Class == Error {
		return Unknown
	}
	if alike(a, b) {
		return Same
	}
	return Different
}

func alike(a, b *Landing) bool {
	nowhere := func(l *Landing) bool { return l.Class == Gone || l.Class == NotFound }
	switch {
	case nowhere(a) && nowhere(b):
		return true
	case a.URL != "" && b.URL != "":
		// A page that leads on by itself has the visitor land where a redirect does.
		return sameURL(a.URL, b.URL)
	case a.Class != b.Class:
		return false
	case a.Class != Page:
		return true
	}
	// Scripts may say where a page leads; then there is nothing to compare.
	to, other := a.destinations(), b.destinations()
	return len(to) == 0 || len(other) == 0 ||
		slices.ContainsFunc(to, func(t string) bool {
			return slices.ContainsFunc(other, func(o string) bool { return sameURL(t, o) })
		})
}

func (l *Landing) destinations() []string {
	if l.URL != "" {
		return []string{l.URL}
	}
	return l.Leads
}

package pages

import "strings"

// List is the public links of a campaign.
type List struct {
	// Name is the campaign's.
	Name string

	Links []ListedLink

	// Page is counted from 1, Pages is at least 1.
	Page  int
	Pages int
}

// ListedLink is a link of a list. Without a title its URL stands for it.
type ListedLink struct {
	URL   string
	Title string
}

func (List) name() string     { return "list" }
func (List) sources() sources { return sources{} }

// Previous and Next are the pages beside this one.
func (l List) Previous() int { return l.Page - 1 }

// Next is the page after this one.
func (l List) Next() int { return l.Page + 1 }

// Bare returns a URL without its scheme.
func (List) Bare(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	return rest
}

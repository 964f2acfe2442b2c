package verify

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxLeads is how many links of a page are kept.
const maxLeads = 20

// readPage says what a page at an address is.
func readPage(address string, body []byte) Landing {
	base, err := url.Parse(address)
	if err != nil {
		return Landing{Class: Page}
	}
	// Without scripts, what a page says to browsers that have none is read too: it
	// is where many name the destination.
	root, err := html.ParseWithOptions(bytes.NewReader(body), html.ParseOptionEnableScripting(false))
	if err != nil {
		return Landing{Class: Page}
	}
	p := page{base: base}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			p.read(n)
		}
	}
	switch {
	case p.password:
		return Landing{Class: Password}
	case p.refresh != "":
		return Landing{Class: Page, URL: p.refresh}
	case len(p.frames) > 0:
		return Landing{Class: Page, Leads: p.frames}
	}
	return Landing{Class: Page, Leads: p.links}
}

// page is what was seen of a page.
type page struct {
	base     *url.URL
	password bool
	refresh  string
	frames   []string
	links    []string
}

func (p *page) read(n *html.Node) {
	switch n.DataAtom {
	case atom.Input:
		p.password = p.password || strings.EqualFold(attribute(n, "type"), "password")
	case atom.Meta:
		if strings.EqualFold(attribute(n, "http-equiv"), "refresh") && p.refresh == "" {
			p.refresh = p.elsewhere(refreshURL(attribute(n, "content")))
		}
	case atom.Iframe:
		p.frames = p.add(p.frames, attribute(n, "src"))
	case atom.A:
		p.links = p.add(p.links, attribute(n, "href"))
	}
}

// elsewhere returns an address of a page where it leads to another host as an
// absolute URL, else nothing.
func (p *page) elsewhere(address string) string {
	u, err := p.base.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || strings.EqualFold(u.Hostname(), p.base.Hostname()) {
		return ""
	}
	return u.String()
}

func (p *page) add(list []string, address string) []string {
	if to := p.elsewhere(address); to != "" && len(list) < maxLeads && !slices.Contains(list, to) {
		return append(list, to)
	}
	return list
}

// refreshURL returns the URL of "5; url=https://example.com".
func refreshURL(content string) string {
	_, rest, _ := strings.Cut(content, ";")
	rest = strings.TrimSpace(rest)
	if len(rest) < 4 || !strings.EqualFold(rest[:3], "url") {
		return ""
	}
	_, address, _ := strings.Cut(rest, "=")
	return strings.Trim(strings.TrimSpace(address), `"'`)
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

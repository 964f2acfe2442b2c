package adapters

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// DefaultLimit is the number of rows of a page that does not say.
const DefaultLimit = 15

// Page is the part of a list that a call asks for.
type Page struct {
	// Limit is the number of rows, Number counts pages from 1.
	Limit  int
	Number int
}

// PageOf reads limit and page of a call's query, which the contract has
// checked.
func PageOf(query url.Values) Page {
	p := Page{Limit: DefaultLimit, Number: 1}
	if n, err := strconv.Atoi(query.Get("limit")); err == nil {
		p.Limit = n
	}
	if n, err := strconv.Atoi(query.Get("page")); err == nil {
		p.Number = n
	}
	return p
}

// Offset is the number of rows before the page.
func (p Page) Offset() int {
	return (p.Number - 1) * p.Limit
}

// Paging is how the contract describes a page beside its rows.
type Paging struct {
	Result      int  `json:"result"`
	PerPage     int  `json:"perpage"`
	CurrentPage int  `json:"currentpage"`
	NextPage    *int `json:"nextpage"`
	MaxPage     int  `json:"maxpage"`
}

// Of describes the page of a list with the total number of rows. An empty list
// has no page; the last page has no next one.
func (p Page) Of(total int) Paging {
	g := Paging{Result: total, PerPage: p.Limit, CurrentPage: p.Number, MaxPage: (total + p.Limit - 1) / p.Limit}
	if p.Number < g.MaxPage {
		next := p.Number + 1
		g.NextPage = &next
	}
	return g
}

// List returns the contract's document of a list: its paging, and the rows
// under their plural.
func (p Page) List(total int, plural string, rows any) (*api.Reply, error) {
	paging, err := Encode(p.Of(total))
	if err != nil {
		return nil, err
	}
	list, err := Encode(rows)
	if err != nil {
		return nil, err
	}
	doc := append([]byte(`{"error":0,"data":`), paging[:len(paging)-1]...)
	doc = append(doc, `,"`+plural+`":`...)
	doc = append(doc, list...)
	return &api.Reply{Document: append(doc, "}}"...)}, nil
}

// ShortOf returns the short URL that a search asks for, without what a browser
// may have added to it.
func ShortOf(query url.Values) string {
	short, _, _ := strings.Cut(strings.TrimSpace(query.Get("short")), "#")
	short, _, _ = strings.Cut(short, "?")
	return short
}

// LinkNotFound is what the product says of a link that is not there; clients
// compare it.
const LinkNotFound = "Link not found. Please try again."

// Missed answers a search by short URL that found nothing: with status 200 and
// an error, as clients expect.
func Missed(message string) *api.Reply {
	doc := gjson.AppendJSONString([]byte(`{"error":1,"message":`), message)
	doc = gjson.AppendJSONString(append(doc, `,"msg":`...), message)
	return &api.Reply{Document: append(doc, '}')}
}

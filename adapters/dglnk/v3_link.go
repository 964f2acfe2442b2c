package dglnk

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/translate"
)

// linkPath is where the site has one link. Of several numbers there it would
// delete all.
func linkPath(id int64) string { return "/link/" + strconv.FormatInt(id, 10) }

// remoteLink is a link as the site shows it.
type remoteLink struct {
	id       int64
	shortURL string
	longURL  string
	gjson.Result
}

// readLink reads a link. False says that it lacks what makes one.
func readLink(v gjson.Result) (remoteLink, bool) {
	id, ok := number(translate.Member(v, "id"))
	l := remoteLink{id: id, shortURL: text(v, "short_url"), longURL: text(v, "long_url"), Result: v}
	// It goes into clients' pages as a link.
	u, err := url.Parse(l.shortURL)
	web := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(l.shortURL) <= maxShortURL
	return l, ok && id > 0 && web && l.longURL != "" && l.alias() != ""
}

// deleted reports whether a row lies in the dashboard's bin.
func deleted(row gjson.Result) bool { return text(row, "deleted_at") != "" }

// alias is the last part of the link's address: the chosen one, or else the
// random one.
func (l remoteLink) alias() string {
	for _, name := range []string{"alias", "hash"} {
		if alias := text(l.Result, name); alias != "" {
			return alias
		}
	}
	return l.shortURL[strings.LastIndexByte(l.shortURL, '/')+1:]
}

// groups are the ids of the groups that the link is in. Not ok means that the
// site does not tell.
func (l remoteLink) groups() (ids []int64, ok bool) {
	v := either(l.Result, "groups", "link_groups")
	return idsOf(v), v.IsArray()
}

// campaign is the first of the link's groups: the contract knows one at most.
func (l remoteLink) campaign() *int64 {
	if ids, _ := l.groups(); len(ids) > 0 {
		return &ids[0]
	}
	return nil
}

// clicksOf is how often the link was visited, nil where the site does not tell.
func clicksOf(l remoteLink) *int64 {
	if n, ok := number(translate.Member(l.Result, "clicks_count")); ok {
		return &n
	}
	return nil
}

// isActive reads whether a link works by either of the names for it. Not ok
// means that the site does not say.
func isActive(l gjson.Result) (active, ok bool) {
	if v := translate.Member(l, "active"); v.Exists() && v.Type != gjson.Null {
		return v.Bool(), true
	}
	v := translate.Member(l, "disabled")
	return !v.Bool(), v.Exists() && v.Type != gjson.Null
}

// idsOf are the ids of objects, or those in a list of ids alone.
func idsOf(list gjson.Result) []int64 {
	var ids []int64
	each(list, func(_ string, v gjson.Result) {
		if v.IsObject() {
			v = translate.Member(v, "id")
		}
		if id, ok := number(v); ok && id > 0 {
			ids = append(ids, id)
		}
	})
	return ids
}

// namesOf are the names of objects, or those in a list of names alone.
func namesOf(list gjson.Result) []string {
	var names []string
	each(list, func(_ string, v gjson.Result) {
		if v.IsObject() {
			v = translate.Member(v, "name")
		}
		if v.Type == gjson.String && v.Str != "" {
			names = append(names, v.Str)
		}
	})
	return names
}

package gempixel

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/linkquay/linkquay/api"
)

// expand fills a path template. Only digits, one of three words, and one
// escaped segment can get into a path.
func expand(template string, p api.Path) (string, error) {
	if !strings.Contains(template, "{") {
		return template, nil
	}
	var b strings.Builder
	for segment := range strings.SplitSeq(template[1:], "/") {
		b.WriteByte('/')
		switch segment {
		case "{id}":
			b.WriteString(strconv.FormatInt(p.ID, 10))
		case "{item}":
			b.WriteString(strconv.FormatInt(p.ItemID, 10))
		case "{type}":
			if p.ItemType != "links" && p.ItemType != "bio" && p.ItemType != "qr" {
				return "", api.InvalidField("type", "must be links, bio or qr")
			}
			b.WriteString(p.ItemType)
		case "{file}":
			// A segment of dots would lead to another path, escaped or not.
			// So would an escaped separator on a server that undoes it too early.
			if p.Filename == "" || p.Filename == "." || p.Filename == ".." || strings.ContainsAny(p.Filename, "/\\") {
				return "", api.InvalidField("filename", "must be the name of a file")
			}
			b.WriteString(url.PathEscape(p.Filename))
		default:
			b.WriteString(segment)
		}
	}
	if p.ID < 0 || p.ItemID < 0 {
		return "", api.InvalidField("id", "must be a positive integer")
	}
	return b.String(), nil
}

// hasID reports whether the operation is about one object of the site.
func (o operation) hasID() bool { return strings.Contains(o.path, "{id}") }

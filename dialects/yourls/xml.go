package yourls

import (
	"strings"

	"github.com/tidwall/gjson"
)

// xmlText writes a text between tags, as the XML library of PHP does.
var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")

// appendXML appends a JSON object as a document of XML: each member is an
// element of its own name, and the order is kept.
func appendXML(dst []byte, doc gjson.Result) []byte {
	dst = append(dst, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"...)
	return append(appendElement(dst, "root", doc), '\n')
}

func appendElement(dst []byte, name string, v gjson.Result) []byte {
	if !v.IsObject() && v.String() == "" {
		return append(dst, "<"+name+"/>"...)
	}
	dst = append(dst, "<"+name+">"...)
	if v.IsObject() {
		v.ForEach(func(member, value gjson.Result) bool {
			dst = appendElement(dst, member.String(), value)
			return true
		})
	} else {
		dst = append(dst, xmlText.Replace(strings.Map(storable, v.String()))...)
	}
	return append(dst, "</"+name+">"...)
}

// storable leaves out the characters that no document of XML may hold.
func storable(r rune) rune {
	switch {
	case r == '\t', r == '\n', r == '\r':
	case r < ' ', r == 0x7F, r == 0xFFFE, r == 0xFFFF:
		return -1
	}
	return r
}

package files

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDisposed is the length of a name in bytes that is sent: file systems take
// no more than 255.
const maxDisposed = 255

// Disposition returns the Content-Disposition of a download (RFC 6266): an
// attachment under the name, which may hold anything. Folders are cut from it,
// and what would mislead or end the header is replaced: control characters and
// those that turn the direction of text. A name that plain ASCII cannot write
// is sent twice, "filename" with "_" for the rest and "filename*" in UTF-8.
//
// mime.FormatMediaType sends only the second, escapes by backslash, which
// browsers read differently, and gives up on some names.
func Disposition(name string) string {
	name = disposed(name)
	var ascii, encoded strings.Builder
	for i := range len(name) {
		c := name[i]
		// RFC 5987's attr-char.
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			encoded.WriteByte(c)
		} else {
			fmt.Fprintf(&encoded, "%%%02X", c)
		}
	}
	for _, r := range name {
		// RFC 6266 appendix D: browsers take quotes, backslashes and percent
		// signs in different ways.
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			r = '_'
		}
		ascii.WriteRune(r)
	}
	if ascii.String() == name {
		return `attachment; filename="` + name + `"`
	}
	return `attachment; filename="` + ascii.String() + `"; filename*=UTF-8''` + encoded.String()
}

// disposed returns a name that every file system takes.
func disposed(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == utf8.RuneError, unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
			return '_'
		}
		return r
	}, name)
	// Windows drops spaces and dots at the end, and a dot in front hides a file.
	name = strings.TrimLeft(strings.TrimRight(name, ". "), ". ")
	if len(name) > maxDisposed {
		name = shorten(name)
	}
	if name == "" {
		return "file"
	}
	return name
}

// shorten cuts a name before its extension, which says what opens the file.
func shorten(name string) string {
	extension := path.Ext(name)
	if len(extension) > maxDisposed/4 {
		extension = ""
	}
	stem := name[:maxDisposed-len(extension)]
	// Half a character may be left at the end.
	return strings.ToValidUTF8(stem, "") + extension
}

package qr

import (
	"net/mail"
	"net/url"
	"strings"

	"github.com/linkquay/linkquay/api"
)

var vcardFields = []field{
	{name: "name", also: []string{"fullname", "fn", "displayname"}},
	{name: "fname", also: []string{"firstname", "givenname"}},
	{name: "lname", also: []string{"lastname", "familyname", "surname"}},
	{name: "org", also: []string{"organization", "organisation", "company"}},
	{name: "title", also: []string{"job", "jobtitle", "position"}},
	{name: "phone", also: []string{"tel", "number"}},
	{name: "cell", also: []string{"mobile"}},
	{name: "work", also: []string{"workphone"}},
	{name: "fax"},
	{name: "email", also: []string{"mail"}},
	{name: "site", also: []string{"website", "url", "web"}},
	{name: "street", also: []string{"address"}},
	{name: "city"},
	{name: "state", also: []string{"region", "province"}},
	{name: "zip", also: []string{"zipcode", "postcode", "postalcode"}},
	{name: "country"},
	{name: "note", also: []string{"notes"}},
	{name: "facebook"},
	{name: "twitter"},
	{name: "instagram"},
	{name: "linkedin"},
}

var telephones = []struct{ name, property string }{
	{"cell", "TEL;TYPE=CELL:"},
	{"phone", "TEL;TYPE=VOICE:"},
	{"work", "TEL;TYPE=WORK:"},
	{"fax", "TEL;TYPE=FAX:"},
}

var profiles = []string{"facebook", "twitter", "instagram", "linkedin"}

func vcardText(s string) (string, error) {
	s = strings.ReplaceAll(lines(strings.TrimSpace(s)), "\n", "\r\n")
	upper := strings.ToUpper(s)
	if strings.HasPrefix(upper, "BEGIN:VCARD\r\n") && strings.HasSuffix(upper, "\r\nEND:VCARD") {
		return s + "\r\n", nil
	}
	return "", api.InvalidField("data", "must be an object with the parts of a contact, such as fname, lname, phone and email")
}

// vcard writes a vCard 3.0. Lines are not folded: a code has no line length,
// and several readers do not unfold.
func vcard(p *parts) (string, error) {
	v := p.values
	given, family, full := names(v)
	if full == "" {
		return "", api.InvalidField("data.name", "is required, or fname, lname or org")
	}
	var b strings.Builder
	line := func(parts ...string) {
		for _, part := range parts {
			b.WriteString(part)
		}
		b.WriteString("\r\n")
	}
	line("BEGIN:VCARD")
	line("VERSION:3.0")
	line("N:", vcardEscape(family), ";", vcardEscape(given), ";;;")
	line("FN:", vcardEscape(full))
	if v["org"] != "" {
		line("ORG:", vcardEscape(v["org"]))
	}
	if v["title"] != "" {
		line("TITLE:", vcardEscape(v["title"]))
	}
	for _, t := range telephones {
		if v[t.name] == "" {
			continue
		}
		n, err := number(v[t.name])
		if err != nil {
			return "", p.rename(err, t.name)
		}
		line(t.property, n)
	}
	if v["email"] != "" {
		if a, err := mail.ParseAddress(v["email"]); err != nil || a.Address != v["email"] {
			return "", api.InvalidField(p.path("email"), "must be an e-mail address")
		}
		line("EMAIL;TYPE=INTERNET:", vcardEscape(v["email"]))
	}
	if v["site"] != "" {
		// A URL is a value of type uri, which is not escaped (RFC 2426 section 4).
		site, err := website(v["site"])
		if err != nil {
			return "", p.rename(err, "site")
		}
		line("URL:", site)
	}
	if address := address(v); address != "" {
		line("ADR;TYPE=WORK:;;", address)
	}
	for _, name := range profiles {
		if v[name] != "" {
			line("X-SOCIALPROFILE;TYPE="+name+":", vcardEscape(v[name]))
		}
	}
	if v["note"] != "" {
		line("NOTE:", vcardEscape(v["note"]))
	}
	line("END:VCARD")
	return b.String(), nil
}

// names returns the parts of N and FN. A full name alone is parted before its
// last word, so that address books can sort it.
func names(v map[string]string) (given, family, full string) {
	given, family, full = v["fname"], v["lname"], v["name"]
	switch {
	case given == "" && family == "" && full != "":
		given = full
		if i := strings.LastIndexByte(full, ' '); i > 0 {
			given, family = strings.TrimSpace(full[:i]), full[i+1:]
		}
	case full == "":
		full = strings.TrimSpace(given + " " + family)
	}
	if full == "" {
		full = v["org"]
	}
	return given, family, full
}

// address returns street, city, state, postal code and country of ADR.
func address(v map[string]string) string {
	var components []string
	given := false
	for _, name := range []string{"street", "city", "state", "zip", "country"} {
		given = given || v[name] != ""
		components = append(components, vcardEscape(v[name]))
	}
	if !given {
		return ""
	}
	return strings.Join(components, ";")
}

// website takes what people write for one: without a scheme it is https.
func website(s string) (string, error) {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || strings.ContainsAny(s, " \t\r\n") {
		return "", api.InvalidField("data", "must be a web address")
	}
	return s, nil
}

// vcardEscape escapes a value of type text (RFC 2426 section 4). One pass, so
// that what a client wrote as "\n" stays those two characters.
func vcardEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `;`, `\;`, `,`, `\,`, "\n", `\n`, "\t", " ").Replace(lines(s))
}

package shortener

import (
	"net/url"
	"strings"
)

// ControlPrefix begins the names of parameters that are meant for us: they are
// never forwarded to a destination.
const ControlPrefix = "lq_"

// withParameters adds parameters to a destination's query. What the
// destination has already stays as it was written, odd names included.
func withParameters(destination string, parameters []Parameter) string {
	if len(parameters) == 0 {
		return destination
	}
	var b strings.Builder
	for i, p := range parameters {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.Name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p.Value))
	}
	return appendQuery(destination, b.String())
}

// withQuery adds a visitor's raw query to a destination's, each part as it was
// sent, save for the bytes that cannot stand in a Location. What the destination
// has a parameter of the same name for stays out, and so do passwords and what
// is meant for us.
func withQuery(destination, query string) string {
	own := parameterNames(destination)
	var b strings.Builder
	for part := range strings.SplitSeq(query, "&") {
		name := parameterName(part)
		if part == "" || isControl(name) || own[name] {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(part)
	}
	if b.Len() == 0 {
		return destination
	}
	// A query as it comes over the wire may hold a bare '#', which would turn
	// what follows into the fragment.
	return appendQuery(destination, strings.ReplaceAll(escape(b.String()), "#", "%23"))
}

func isControl(name string) bool {
	return strings.EqualFold(name, "password") || hasPrefixFold(name, ControlPrefix)
}

// parameterNames returns the names of a destination's parameters, as a set:
// either query may have thousands.
func parameterNames(destination string) map[string]bool {
	rest, _, _ := strings.Cut(destination, "#")
	_, query, _ := strings.Cut(rest, "?")
	if query == "" {
		return nil
	}
	names := map[string]bool{}
	for part := range strings.SplitSeq(query, "&") {
		if part != "" {
			names[parameterName(part)] = true
		}
	}
	return names
}

// parameterName returns the name of a part of a query, unescaped so that no
// spelling of it passes for another.
func parameterName(part string) string {
	name, _, _ := strings.Cut(part, "=")
	if plain, err := url.QueryUnescape(name); err == nil {
		return plain
	}
	return name
}

// appendQuery puts a raw query behind the destination's, before its fragment.
func appendQuery(destination, query string) string {
	rest, fragment, hasFragment := strings.Cut(destination, "#")
	var b strings.Builder
	b.Grow(len(destination) + len(query) + 1)
	b.WriteString(rest)
	switch {
	case !strings.Contains(rest, "?"):
		b.WriteByte('?')
	case !strings.HasSuffix(rest, "?") && !strings.HasSuffix(rest, "&"):
		b.WriteByte('&')
	}
	b.WriteString(query)
	if hasFragment {
		b.WriteByte('#')
		b.WriteString(fragment)
	}
	return b.String()
}

package shortener

import (
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

const (
	// maxLanguages bounds how many languages of a header are looked at: browsers
	// send ten at most.
	maxLanguages = 32

	// maxLanguage is the length of a tag that is looked at, in bytes: RFC 5646,
	// section 4.4.1, expects no more than 35. Reading one takes time by the square
	// of its length.
	maxLanguage = 64
)

// languageOf returns the language, script and region that a tag (BCP 47) spells
// out, each in its canonical form, such as "pt-BR". What else it has no rule
// looks at.
func languageOf(s string) (string, bool) {
	tag, err := language.Parse(strings.TrimSpace(s))
	if err != nil {
		return "", false
	}
	t := spelled(tag)
	return strings.TrimSuffix(strings.TrimSuffix(t.base+"-"+t.script, "-")+"-"+t.region, "-"), t.base != "und"
}

// preferred returns the place of the rule for the language that the header
// (RFC 9110 section 12.5.4) likes best, -1 where no rule is for any of them.
// Among languages of the same weight the first counts; among the rules for
// one the most special, so that pt-BR comes before pt.
func preferred(rules []Rule, header string) int {
	found, weight := -1, 0.0
	n := 0
	for entry := range strings.SplitSeq(header, ",") {
		if n++; n > maxLanguages {
			break
		}
		name, q, ok := weighed(entry)
		if !ok || q <= weight || !mayFit(rules, name) {
			continue
		}
		tag, err := language.Parse(name)
		if err != nil {
			continue
		}
		if at := fitting(rules, tag); at >= 0 {
			found, weight = at, q
		}
	}
	return found
}

// weighed splits an entry of the header. What has the weight 0 is not wanted,
// and what cannot be read counts for nothing.
func weighed(entry string) (name string, q float64, ok bool) {
	name, parameters, _ := strings.Cut(entry, ";")
	name = strings.TrimSpace(name)
	if name == "" || name == "*" || len(name) > maxLanguage {
		return "", 0, false
	}
	key, value, given := strings.Cut(parameters, "=")
	if !given {
		return name, 1, true
	}
	value = strings.TrimSpace(value)
	if !strings.EqualFold(strings.TrimSpace(key), "q") || len(value) > 8 {
		return "", 0, false
	}
	q, err := strconv.ParseFloat(value, 64)
	return name, q, err == nil && q > 0 && q <= 1
}

// mayFit is false for a language that no rule is for, and that can be told from
// its first two letters: most entries of a header need no parsing.
func mayFit(rules []Rule, name string) bool {
	if len(name) != 2 && (len(name) != 5 || name[2] != '-') {
		return true
	}
	base := name[:2]
	switch strings.ToLower(base) {
	case "in", "iw", "ji", "jw", "mo", "no", "sh", "tl": // other names of id, he, yi, jv, ro, nb, sr, fil
		return true
	}
	for i := range rules {
		if r := &rules[i]; r.By == ByLanguage && hasPrefixFold(r.Value, base) {
			return true
		}
	}
	return false
}

// fitting returns the place of the most special rule that fits the tag.
func fitting(rules []Rule, tag language.Tag) int {
	wanted := spelled(tag)
	at, special := -1, 0
	for i := range rules {
		if rules[i].By != ByLanguage {
			continue
		}
		if s := subtagsOf(rules[i].Value).match(wanted, tag); s > special {
			at, special = i, s
		}
	}
	return at
}

// subtags are the parts of a language tag that are spelled out.
type subtags struct{ base, script, region string }

func spelled(t language.Tag) subtags {
	base, script, region := t.Raw()
	s := subtags{base: base.String()}
	if script != (language.Script{}) {
		s.script = script.String()
	}
	if region != (language.Region{}) {
		s.region = region.String()
	}
	if s.base == "no" {
		// Browsers say Bokmål where people say Norwegian.
		s.base = "nb"
	}
	return s
}

// subtagsOf splits what languageOf returned.
func subtagsOf(s string) subtags {
	var t subtags
	var rest string
	t.base, rest, _ = strings.Cut(s, "-")
	if len(rest) >= 4 {
		t.script, rest = rest[:4], strings.TrimPrefix(rest[4:], "-")
	}
	t.region = rest
	return t
}

// match tells how special a rule for s is among those that fit; 0 means that it
// does not. A script may be implied: zh-TW is written in zh-Hant.
func (s subtags) match(wanted subtags, tag language.Tag) int {
	if s.base != wanted.base || s.region != "" && s.region != wanted.region {
		return 0
	}
	special := 1
	if s.region != "" {
		special += 2
	}
	if s.script != "" {
		if script, _ := tag.Script(); script.String() != s.script {
			return 0
		}
		special++
	}
	return special
}

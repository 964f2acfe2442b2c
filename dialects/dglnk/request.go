package dglnk

import (
	"errors"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// request is what a client asks for, in the contract's terms.
type request struct {
	// members are those of the document of createLink that need nothing looked
	// up, each behind a comma.
	members []byte

	// countries and machines are the rules.
	countries, machines []target

	// addresses are those of several links; nil for one.
	addresses []address

	// domain is the number of a domain as it was sent, nil for none.
	domain *int64

	// tags are the names of the channels that the links are to be in.
	tags []string

	// host and channel are what was found of the domain and the first tag; empty
	// and 0 for none.
	host    string
	channel int64
}

// address is one of several destinations.
type address struct {
	// index is its place in the request.
	index int

	// url is the destination, as JSON.
	url string
}

// read reads a body. Errors are Invalid, about fields under dgLnk's names.
func read(body []byte) (*request, []translate.Note, error) {
	if len(body) == 0 {
		body = []byte("{}")
	}
	out, err := requestTable.Apply(nil, body)
	if err != nil {
		return nil, nil, err
	}
	in := &request{}
	single := false
	gjson.ParseBytes(out.Document).ForEach(func(name, v gjson.Result) bool {
		switch name.Str {
		case domainID:
			if v.Type != gjson.Null {
				n := v.Int()
				in.domain = &n
			}
		case tags:
			for _, tag := range v.Array() {
				in.tags = append(in.tags, tag.Str)
			}
		case rules:
			in.countries, in.machines = readRules(v)
		case addresses:
			in.addresses = readAddresses(v)
		default:
			single = single || name.Str == "url"
			in.members = append(append(append(append(in.members, ','), name.Raw...), ':'), v.Raw...)
		}
		return true
	})
	if single && in.addresses != nil {
		return nil, nil, api.InvalidField(addresses, "can't be used together with long_url")
	}
	return in, out.Notes, nil
}

// readAddresses returns each destination once. Empty ones are passed over.
func readAddresses(v gjson.Result) []address {
	var list []address
	seen := map[string]bool{}
	for i, e := range v.Array() {
		if e.Type == gjson.Null || e.Raw == `""` || seen[e.String()] {
			continue
		}
		seen[e.String()] = true
		list = append(list, address{i, e.Raw})
	}
	return list
}

// document returns the document of createLink for a destination, for the
// request's own where that is empty.
func (in *request) document(destination string) []byte {
	b := make([]byte, 0, len(in.members)+len(destination)+256)
	if destination != "" {
		b = append(b, `,"url":`+destination...)
	}
	b = append(b, in.members...)
	b = appendTargets(b, "geotarget", "location", in.countries)
	b = appendTargets(b, "devicetarget", "device", in.machines)
	if in.host != "" {
		b = gjson.AppendJSONString(append(b, `,"domain":`...), in.host)
	}
	if in.channel != 0 {
		b = strconv.AppendInt(append(b, `,"channel":`...), in.channel, 10)
	}
	if len(b) == 0 {
		return []byte("{}")
	}
	b[0] = '{'
	return append(b, '}')
}

// documents returns the document of createLinks for the addresses.
func (in *request) documents() []byte {
	b := []byte(`{"urls":[`)
	for i, a := range in.addresses {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, in.document(a.url)...)
	}
	return append(b, "]}"...)
}

// field returns dgLnk's name for a field of the contract:
// "geotarget[0].location" is "rules.2.key" where that rule was the third one.
// What is wrong with one of several documents is told of its address, or else of
// what all of them share.
func (in *request) field(name string) string {
	name = strings.ReplaceAll(strings.ReplaceAll(name, "]", ""), "[", ".")
	field, rest, nested := strings.Cut(name, ".")
	switch field {
	case "geotarget":
		return ruleField(in.countries, rest)
	case "devicetarget":
		return ruleField(in.machines, rest)
	case "urls":
		place, member, _ := strings.Cut(rest, ".")
		i, err := strconv.Atoi(place)
		switch {
		case err != nil || i < 0 || i >= len(in.addresses):
			return addresses
		case member == "" || member == "url":
			return addresses + "." + strconv.Itoa(in.addresses[i].index)
		}
		return in.field(member)
	}
	if own, ok := names[field]; ok {
		field = own
	}
	if nested {
		return field + "." + rest
	}
	return field
}

// ruleField returns the name of a part of a rule, such as "0.link".
func ruleField(targets []target, part string) string {
	index, member, _ := strings.Cut(part, ".")
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(targets) {
		return rules
	}
	field := rules + "." + strconv.Itoa(targets[i].index)
	switch member {
	case "link":
		return field + ".value"
	case "location", "device":
		return field + ".key"
	}
	return field
}

// renamed returns an error of the contract's with dgLnk's names for fields.
func (in *request) renamed(err error) error {
	failure, ok := errors.AsType[*api.Error](err)
	if !ok || len(failure.Fields) == 0 {
		return err
	}
	own := *failure
	own.Fields = make([]api.FieldError, len(failure.Fields))
	for i, f := range failure.Fields {
		own.Fields[i] = api.FieldError{Field: in.field(f.Field), Message: f.Message}
	}
	own.Message = api.Sentence(own.Fields[0])
	return &own
}

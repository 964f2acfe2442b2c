package openapi

import (
	"math"
	"reflect"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// newChecker compiles a schema that stands within others. It returns nil where
// the schema says anything that the checker would not notice.
func newChecker(s *openapi3.Schema, within ...*openapi3.Schema) *checker {
	// A schema within itself would allow documents of any depth.
	if slices.Contains(within, s) || len(within) == maxDepth {
		return nil
	}
	within = append(within, s)
	// What only describes, and then what is compiled, is taken out of rest, so
	// that a keyword that is not known stays behind.
	rest := *s
	rest.Extensions, rest.Origin, rest.Description, rest.Default, rest.Example = nil, nil, "", nil, nil
	c := &checker{max: math.Inf(1)}
	ok := true
	switch {
	case len(s.AnyOf) > 0:
		c.kind, rest.AnyOf = anyOfKind, nil
		for _, branch := range s.AnyOf {
			c.branches = append(c.branches, newChecker(branch.Value, within...))
		}
	case s.Type.Is(openapi3.TypeString):
		c.kind, rest.Type, rest.MinLength, rest.MaxLength, rest.Enum, rest.Pattern = textKind, nil, 0, nil, nil, ""
		ok = c.compileText(s)
	case s.Type.Is(openapi3.TypeInteger):
		c.kind, rest.Type, rest.Min, rest.Max, rest.Enum = integerKind, nil, nil, nil, nil
		c.min, c.max = valueOr(s.Min, math.Inf(-1)), valueOr(s.Max, c.max)
		ok = c.compileNumbers(s)
	case s.Type.Is(openapi3.TypeBoolean):
		c.kind, rest.Type = booleanKind, nil
	case s.Type.Is(openapi3.TypeArray) && s.Items != nil:
		c.kind, rest.Type, rest.MinItems, rest.MaxItems, rest.Items = arrayKind, nil, 0, nil, nil
		c.lengths(s.MinItems, s.MaxItems)
		c.items = newChecker(s.Items.Value, within...)
	case s.Type.Is(openapi3.TypeObject):
		c.kind, rest.Type, rest.MinProps, rest.MaxProps, rest.Required = objectKind, nil, 0, nil, nil
		rest.Properties, rest.AdditionalProperties = nil, openapi3.AdditionalProperties{}
		ok = c.compileFields(s, within)
	default:
		return nil
	}
	if !ok || !reflect.ValueOf(rest).IsZero() {
		return nil
	}
	return c
}

// compileText reads what a schema says about texts.
func (c *checker) compileText(s *openapi3.Schema) (ok bool) {
	c.lengths(s.MinLength, s.MaxLength)
	for _, v := range s.Enum {
		name, ok := v.(string)
		if !ok {
			return false
		}
		c.enum = append(c.enum, name)
	}
	c.matches, ok = matcher(s.Pattern)
	return ok
}

// compileNumbers reads the only integers that a schema permits.
func (c *checker) compileNumbers(s *openapi3.Schema) (ok bool) {
	for _, v := range s.Enum {
		n, ok := v.(float64)
		if !ok {
			return false
		}
		c.numbers = append(c.numbers, n)
	}
	return true
}

// compileFields reads what a schema says about objects.
func (c *checker) compileFields(s *openapi3.Schema, within []*openapi3.Schema) (ok bool) {
	// A checker counts a key as often as it is given, which makes more than one
	// field of one key.
	if s.MinProps > 1 || len(s.Required) > 64 {
		return false
	}
	c.lengths(s.MinProps, s.MaxProps)
	c.fields = make(map[string]property, len(s.Properties))
	for name, field := range s.Properties {
		c.fields[name] = property{checker: newChecker(field.Value, within...)}
	}
	for i, name := range s.Required {
		bit := uint64(1) << i
		c.required |= bit
		if field, ok := c.fields[name]; ok {
			field.bit = bit
			c.fields[name] = field
		}
	}
	if extra := s.AdditionalProperties; extra.Schema != nil && extra.Has == nil {
		c.others = newChecker(extra.Schema.Value, within...)
	}
	return true
}

// lengths sets the bounds of a length.
func (c *checker) lengths(least uint64, most *uint64) {
	c.min = float64(least)
	if most != nil {
		c.max = float64(*most)
	}
}

func valueOr(p *float64, otherwise float64) float64 {
	if p == nil {
		return otherwise
	}
	return *p
}

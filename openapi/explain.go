package openapi

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/linkquay/linkquay/api"
)

// explain turns the error of a visit into messages about fields. The root is
// the value that was visited. The text of a SchemaError shows the value, which
// can be a password: only its pointer, keyword and schema are used.
func explain(err error, root any) []api.FieldError {
	e := explainer{root: root}
	e.add(nil, err)
	return e.fields
}

// explainer collects messages.
type explainer struct {
	root   any
	fields []api.FieldError
}

// add explains an error about what stands at the prefix.
func (e *explainer) add(prefix []string, err error) {
	if many, ok := errors.AsType[openapi3.MultiError](err); ok {
		for _, one := range many {
			e.add(prefix, one)
		}
		return
	}
	one, ok := errors.AsType[*openapi3.SchemaError](err)
	if !ok {
		e.say(prefix, "is not valid")
		return
	}
	path := slices.Concat(prefix, one.JSONPointer())
	if one.Value == nil {
		e.say(path, "must not be null")
		return
	}
	switch one.SchemaField {
	case "properties":
		if name, ok := unknownKey(one.Reason); ok {
			path = append(path, name)
		}
		e.say(path, "is not a known field")
	case "required":
		if property := one.Schema.Properties[path[len(path)-1]]; property != nil {
			e.say(path, message(property.Value, "required", "is required"))
			return
		}
		e.say(path, "is required")
	case "oneOf", "anyOf":
		e.addChoice(path, one)
	default:
		e.say(path, message(one.Schema, one.SchemaField, clause(one)))
	}
}

// addChoice explains why none of several schemas fits: by the problems of the
// one that fits best among those of the value's own type, if there is one.
func (e *explainer) addChoice(path []string, failed *openapi3.SchemaError) {
	var best []api.FieldError
	for _, branch := range slices.Concat(failed.Schema.OneOf, failed.Schema.AnyOf) {
		if !permits(branch.Value, failed.Value) {
			continue
		}
		err := branch.Value.VisitJSON(failed.Value, openapi3.MultiErrors())
		if err == nil {
			continue
		}
		attempt := explainer{root: e.root}
		attempt.add(path, err)
		if best == nil || len(attempt.fields) < len(best) {
			best = attempt.fields
		}
	}
	if best == nil {
		e.say(path, message(failed.Schema, failed.SchemaField, "has none of the allowed forms"))
		return
	}
	for _, f := range best {
		e.append(f)
	}
}

// say adds a message about what stands at the path.
func (e *explainer) say(path []string, text string) {
	e.append(api.FieldError{Field: fieldName(e.root, path), Message: text})
}

// append adds a message once: an empty URL fails three keywords, which all say
// the same. Errors of one field follow each other.
func (e *explainer) append(f api.FieldError) {
	for i := len(e.fields) - 1; i >= 0 && e.fields[i].Field == f.Field; i-- {
		if e.fields[i].Message == f.Message {
			return
		}
	}
	e.fields = append(e.fields, f)
}

// unknownKey reads the key off the reason of an error about an unknown one,
// the only place where it stands.
func unknownKey(reason string) (string, bool) {
	quoted := strings.TrimSuffix(strings.TrimPrefix(reason, "property "), " is unsupported")
	name, err := strconv.Unquote(quoted)
	return name, err == nil
}

// message returns what x-messages of the schema says about the keyword, or the
// general clause.
func message(schema *openapi3.Schema, keyword, general string) string {
	if messages, ok := schema.Extensions["x-messages"].(map[string]any); ok {
		if text, ok := messages[keyword].(string); ok {
			return text
		}
	}
	return general
}

// clause says in general what the failed keyword asks for.
func clause(e *openapi3.SchemaError) string {
	s := e.Schema
	switch e.SchemaField {
	case "type":
		return "must be " + typeNames(s)
	case "enum":
		return "must be one of " + enumNames(s)
	case "minLength":
		if s.MinLength == 1 {
			return "must not be empty"
		}
		return fmt.Sprintf("must be at least %d characters long", s.MinLength)
	case "maxLength":
		return fmt.Sprintf("must be at most %d characters long", *s.MaxLength)
	case "minimum":
		return "must be at least " + strconv.FormatFloat(*s.Min, 'f', -1, 64)
	case "maximum":
		return "must be at most " + strconv.FormatFloat(*s.Max, 'f', -1, 64)
	case "minItems", "minProperties":
		if max(s.MinItems, s.MinProps) == 1 {
			return "must not be empty"
		}
		return fmt.Sprintf("must have at least %d entries", max(s.MinItems, s.MinProps))
	case "maxItems":
		return fmt.Sprintf("must have at most %d entries", *s.MaxItems)
	case "maxProperties":
		return fmt.Sprintf("must have at most %d fields", *s.MaxProps)
	}
	return "is not valid"
}

package dglnk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// storable returns the document that the ledger keeps: without the password,
// and without what the link was made without.
func storable(document []byte, losses []translate.Loss) ([]byte, error) {
	outcome, err := storeTable.Apply(nil, document)
	if err != nil {
		return nil, err
	}
	lost := make([]api.FieldError, len(losses))
	for i, l := range losses {
		lost[i].Field = l.Field
	}
	return without(outcome.Document, lost)
}

// without returns the document without the fields, or elements of fields, that
// were lost.
func without(document []byte, lost []api.FieldError) ([]byte, error) {
	// From the last to the first, so that the indexes of those before stay
	// true.
	for _, l := range slices.Backward(lost) {
		path, ok := element(l.Field)
		if !ok {
			continue
		}
		var err error
		if document, err = sjson.DeleteBytes(document, path); err != nil {
			return nil, fmt.Errorf("editing the stored document: %w", err)
		}
	}
	return document, nil
}

// element returns the path, for sjson, of the field or the element of it that
// a loss is about: "devicetarget.0" for "devicetarget[0].device". It knows the
// names of the table only, so that no client text becomes a path.
func element(field string) (string, bool) {
	name, rest, indexed := strings.Cut(field, "[")
	if !indexed {
		name, _, _ = strings.Cut(field, ".")
	}
	if !slices.Contains(lossy, name) {
		return "", false
	}
	if i, _, ok := strings.Cut(rest, "]"); ok && indexed {
		return name + "." + i, true
	}
	return name, true
}

// lossy are the fields that a link may have to do without.
var lossy = []string{
	"custom", "password", "expiry", "domain", "metatitle", "metadescription", "pixels", "geotarget",
	"devicetarget", "type", "status", "languagetarget", "parameters", "metaimage", "channel", "campaign", "deeplink",
	"redirectcode", "forwardquery", "clicklimit", "startdate", "expiredurl", "externalid", "disabled",
}

// text returns a text of the stored document, empty where there is none.
func text(document gjson.Result, name string) string {
	v := translate.Member(document, name)
	if v.Type != gjson.String {
		return ""
	}
	return v.Str
}

// textOf is text of a document that is not parsed yet.
func textOf(document []byte, name string) string { return text(gjson.ParseBytes(document), name) }

package dglnk

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/translate"
)

// storable returns the document that the ledger keeps: without the password,
// and without what the link was made without.
func storable(document []byte, losses []translate.Loss) ([]byte, error) {
	outcome, err := storeTable.Apply(nil, document)
	if err != nil {
		return nil, err
	}
	stored := outcome.Document
	// From the last to the first, so that the indexes of those before stay
	// true.
	for i := len(losses) - 1; i >= 0; i-- {
		path, ok := element(losses[i].Field)
		if !ok {
			continue
		}
		if stored, err = sjson.DeleteBytes(stored, path); err != nil {
			return nil, fmt.Errorf("editing the stored document: %w", err)
		}
	}
	return stored, nil
}

// element returns the path, for sjson, of the field or the element of it that
// a loss is about: "devicetarget.0" for "devicetarget[0].device". It knows the
// names of the table only, so that no client text becomes a path.
func element(field string) (string, bool) {
	name, rest, indexed := strings.Cut(field, "[")
	if !indexed {
		name, _, _ = strings.Cut(field, ".")
	}
	for _, known := range lossy {
		if name != known {
			continue
		}
		if i, _, ok := strings.Cut(rest, "]"); ok && indexed {
			return name + "." + i, true
		}
		return name, true
	}
	return "", false
}

// lossy are the fields that a create may have to do without.
var lossy = []string{
	"devicetarget", "type", "status", "languagetarget", "parameters", "metaimage", "channel", "campaign", "deeplink",
	"redirectcode", "forwardquery", "clicklimit", "startdate", "expiredurl", "externalid",
}

// text returns a text of the stored document, empty where there is none.
func text(document gjson.Result, name string) string {
	v := translate.Member(document, name)
	if v.Type != gjson.String {
		return ""
	}
	return v.Str
}

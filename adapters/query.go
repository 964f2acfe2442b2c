package adapters

import (
	"maps"
	"net/url"
	"slices"

	"github.com/linkquay/linkquay/translate"
)

// LostQuery returns, for [Losses], the query parameters that are none of the
// known ones. A list that ignored a filter would answer what nobody asked for.
func LostQuery(query url.Values, known ...string) []translate.Loss {
	var losses []translate.Loss
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(known, name) {
			losses = append(losses, translate.Loss{Field: name, Value: query.Get(name)})
		}
	}
	return losses
}

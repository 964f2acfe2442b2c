package fleet

import (
	"fmt"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/ids"
	"github.com/linkquay/linkquay/api"
)

// inward writes what a document names by id as the backend knows it. What is
// not that backend's is refused: it would be read there as something else.
func (r *router) inward(m *member, document []byte) ([]byte, error) {
	return ids.Document(document, func(_ adapters.Kind, field string, id int64) (int64, error) {
		of, local, ok := r.locate(id)
		if !ok || of != m {
			return 0, api.InvalidField(field, fmt.Sprintf("must be of the backend %q, where the link is", m.name))
		}
		return local, nil
	})
}

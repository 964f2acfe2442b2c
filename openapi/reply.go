package openapi

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/linkquay/linkquay/api"
)

// maxReplyProblems is how many problems an error about a reply names.
const maxReplyProblems = 5

// ValidateReply reports whether a reply keeps to the contract. It is for tests
// and for noticing that a backend has changed, not for every reply. The error
// names fields and never a value; it is not for clients.
func (o *Operation) ValidateReply(status int, document []byte) error {
	schema := o.replies[strconv.Itoa(status)]
	if schema == nil {
		return fmt.Errorf("the contract has no status %d for %s", status, o.ID)
	}
	if err := WellFormed(document); err != nil {
		return fmt.Errorf("reply %d to %s: %s", status, o.ID, api.AsError(err).Message)
	}
	value, err := (&decoder{left: maxReplyValues}).decode(document)
	if err != nil {
		return fmt.Errorf("reply %d to %s: %w", status, o.ID, err)
	}
	if err := schema.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		fields := explain(err, value)
		var texts []string
		for _, f := range fields[:min(len(fields), maxReplyProblems)] {
			texts = append(texts, strings.TrimSuffix(api.Sentence(f), "."))
		}
		if more := len(fields) - len(texts); more > 0 {
			texts = append(texts, fmt.Sprintf("and %d more", more))
		}
		return fmt.Errorf("reply %d to %s: %s", status, o.ID, strings.Join(texts, "; "))
	}
	return nil
}

package adapters

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Encode returns v as JSON. Unlike json.Marshal it leaves &, < and > as they
// are: addresses are to be read by people too.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding a document: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

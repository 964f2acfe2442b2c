package capabilities_test

import (
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/capabilities"
	"github.com/linkquay/linkquay/openapi"
)

// Each operation is told once, and each of its fields, query parameters and
// words, for every backend in its column.
func TestWrite(t *testing.T) {
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	native := api.FieldCapability{Support: api.Native}
	backends := []capabilities.Backend{
		{Name: "one|two", Operations: api.Capabilities{
			api.CreateLink: {Support: api.Native, Fields: map[string]api.FieldCapability{
				"url":  native,
				"type": {Support: api.Refused, Values: map[string]api.Support{"": api.Native, "direct": api.Native, "<b>": api.Emulated, "frame": api.Refused}},
			}},
			api.AssignItemToChannel: {Support: api.Emulated, Fields: map[string]api.FieldCapability{
				"type": {Support: api.Emulated, Values: map[string]api.Support{"bio": api.Refused}},
			}},
			api.ListLinks: {Support: api.Native, Query: map[string]api.FieldCapability{"q": native}},
		}},
		{Name: "none", Operations: api.Capabilities{api.CreateLink: {Support: api.Refused}}},
	}
	var page, text strings.Builder
	if err := capabilities.Markdown(&page, contract, backends); err != nil {
		t.Fatal(err)
	}
	if err := capabilities.Text(&text, contract, backends); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`| Operation | one\|two | none |`,
		"| `createLink` | native | refused |",
		"| `type` | refused; native: \"\", direct; emulated: \\<b> |  |",
		"| `q` (query) | native |  |",
		"| `type` (path) | emulated; refused: bio |  |",
	} {
		if n := strings.Count(page.String(), "\n"+line+"\n"); n != 1 {
			t.Errorf("the page has the line %s %d times; want 1", line, n)
		}
	}
	for _, words := range []string{"OPERATION ONE|TWO NONE", "createLink native refused", "type (path) emulated; refused: bio", "q (query) native"} {
		found := 0
		for line := range strings.Lines(text.String()) {
			if strings.Join(strings.Fields(line), " ") == words {
				found++
			}
		}
		if found != 1 {
			t.Errorf("the text has the line %q %d times; want 1", words, found)
		}
	}
}

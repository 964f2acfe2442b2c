package clients_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
)

// sample is what is filled into the form of a sample.
type sample struct {
	Method, URL, Key string

	// Body is JSON, empty for none.
	Body string
}

// language is one in which the published pages print a sample of every
// operation.
type language struct {
	name string

	// form is the template of a sample, in testdata/samples.
	form string

	// escaped says that the pages print the slashes of a body as PHP writes
	// them.
	escaped bool

	// first is the method of the sample that shows how to authenticate.
	first string

	// start returns what runs samples; it skips the test where this cannot be.
	start func(t testing.TB) runner
}

// runner runs a sample to its end.
type runner func(t testing.TB, code string) ran

var languages = []language{
	{name: "curl", form: "curl.sh.tmpl", escaped: true, first: "POST", start: func(t testing.TB) runner {
		mustFindCurl(t)
		return runShell
	}},
	{name: "php", form: "php.php.tmpl", escaped: true, first: "POST", start: func(t testing.TB) runner {
		return mustDrive(t, t.TempDir(), mustFindPHP(t), "driver.php").run
	}},
	{name: "node", form: "node.js.tmpl", escaped: true, first: "POST", start: func(t testing.TB) runner {
		return mustDrive(t, mustInstall(t), mustFindNode(t), "driver.js").run
	}},
	{name: "python", form: "python.py.tmpl", first: "GET", start: func(t testing.TB) runner {
		return mustDrive(t, t.TempDir(), mustFindPython(t), "driver.py").run
	}},
}

// mustFill fills in a form of testdata/samples.
func mustFill(t testing.TB, form string, values any) string {
	t.Helper()
	parsed, err := template.ParseFiles(filepath.Join("testdata", "samples", form))
	if err != nil {
		t.Fatal(err)
	}
	var code bytes.Buffer
	if err := parsed.Execute(&code, values); err != nil {
		t.Fatal(err)
	}
	return code.String()
}

// body is a document as the pages print it in the language.
func (l *language) body(t testing.TB, document any) string {
	t.Helper()
	if document == nil {
		return ""
	}
	var printed bytes.Buffer
	e := json.NewEncoder(&printed)
	e.SetEscapeHTML(false)
	e.SetIndent("", "    ")
	if err := e.Encode(document); err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSpace(printed.String())
	if l.escaped {
		text = strings.ReplaceAll(text, "/", `\/`)
	}
	return text
}

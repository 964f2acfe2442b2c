package capabilities

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/linkquay/linkquay/openapi"
)

// Text writes tables for a terminal: the operations, then the fields of each.
func Text(w io.Writer, contract *openapi.Contract, backends []Backend) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	header := func(name string) string {
		for _, b := range backends {
			name += "\t" + strings.ToUpper(b.Name)
		}
		return name + "\n"
	}
	text := header("OPERATION")
	for _, r := range operations(contract, backends) {
		text += r.name + "\t" + strings.Join(r.cells, "\t") + "\n"
	}
	if _, err := io.WriteString(t, text); err != nil {
		return err
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, op := range contract.Operations() {
		rows := fields(op, backends)
		if len(rows) == 0 {
			continue
		}
		text := "\n" + header(string(op.ID))
		for _, r := range rows {
			text += "  " + r.name + "\t" + strings.Join(r.cells, "\t") + "\n"
		}
		if _, err := io.WriteString(t, text); err != nil {
			return err
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

const pageHead = `<!-- Written by "go generate ./..."; do not edit. -->
# What each backend does

By operation, field and value of the [contract](../openapi/openapi.yaml). **native**: the backend does it itself. **emulated**: Linkquay does it
for the backend. **refused**: a request for it is answered with an error that names it, or, with ` + "`unsupported_fields warn`" + `, sent without it
and answered with a warning. Behind "refused" stand the values that are accepted all the same, since they ask for nothing that the backend does not
do anyway. An empty cell: the whole operation is refused.

The same for your own backends: ` + "`caddy linkquay capabilities`, and `GET /api/capabilities`" + ` for that of a key.

`

// Markdown writes the page of the documentation.
func Markdown(w io.Writer, contract *openapi.Contract, backends []Backend) error {
	var b strings.Builder
	b.WriteString(pageHead)
	b.WriteString("## Operations\n\n")
	table(&b, "Operation", operations(contract, backends), backends)
	for _, op := range contract.Operations() {
		rows := fields(op, backends)
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n", op.ID)
		table(&b, "Field", rows, backends)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func table(b *strings.Builder, first string, rows []row, backends []Backend) {
	b.WriteString("| " + first + " |")
	for _, backend := range backends {
		b.WriteString(" " + escape(backend.Name) + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(backends)) + "\n")
	for _, r := range rows {
		name, mark, _ := strings.Cut(r.name, " ")
		b.WriteString("| `" + name + "`")
		if mark != "" {
			b.WriteString(" " + mark)
		}
		b.WriteString(" |")
		for _, cell := range r.cells {
			b.WriteString(" " + escape(cell) + " |")
		}
		b.WriteString("\n")
	}
}

func escape(s string) string {
	return strings.NewReplacer("|", `\|`, "<", `\<`, "\n", " ").Replace(s)
}

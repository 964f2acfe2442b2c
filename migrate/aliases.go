package migrate

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

const (
	// MaxAliases is how many links a file may name.
	MaxAliases = 2_000_000

	// maxAliasFile bounds such a file in bytes, maxAliasText one of its values.
	maxAliasFile = 1 << 30
	maxAliasText = 8 << 10
)

const byteOrderMark = "\ufeff"

// aliasColumns are those that a file of links may have.
var aliasColumns = []string{"short_url", "alias", "domain", "url", "title", "created"}

// AliasOptions say how to read a file of links.
type AliasOptions struct {
	// Origin is the scheme and host of aliases whose row has no domain.
	Origin string

	// Zone is that of times without one; nil means UTC.
	Zone *time.Location
}

// ID is the id that the link has in a move where its backend has none for it:
// below 0, and the same for the same host and alias.
func (a Alias) ID() int64 {
	host, alias, _ := address(a.ShortURL)
	sum := sha256.Sum256([]byte(host + "/" + alias))
	return -max(int64(binary.BigEndian.Uint64(sum[:8])>>2), 1)
}

// ReadAliases reads links from CSV. The first line names the columns: short_url,
// or alias and where it is not on the main domain its domain, and if they are
// known url (the destination), title and created. Errors name the line.
func ReadAliases(r io.Reader, o AliasOptions) ([]Alias, error) {
	limited := &io.LimitedReader{R: r, N: maxAliasFile}
	// Spreadsheets begin a file with a byte order mark.
	text := bufio.NewReader(limited)
	if mark, err := text.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = text.Discard(len(byteOrderMark)) // It is there.
	}
	lines := csv.NewReader(text)
	lines.ReuseRecord = true
	header, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: its first line must name the columns")
	}
	if err != nil {
		return nil, lineError(lines, err)
	}
	columns, err := columnsOf(header)
	if err != nil {
		return nil, err
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	var all []Alias
	lineOf := map[int64]int{}
	for {
		values, err := lines.Read()
		switch {
		case errors.Is(err, io.EOF) && limited.N == 0:
			return nil, fmt.Errorf("the file is over %d MiB", maxAliasFile>>20)
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, lineError(lines, err)
		}
		line, _ := lines.FieldPos(0)
		a, err := aliasOf(columns, values, o)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		id := a.ID()
		if before := lineOf[id]; before > 0 {
			return nil, fmt.Errorf("line %d: the link is on line %d already", line, before)
		}
		if len(all) == MaxAliases {
			return nil, fmt.Errorf("line %d: there are more than %d links", line, MaxAliases)
		}
		lineOf[id] = line
		all = append(all, a)
	}
}

// lineError names the line of an error in the file's form.
func lineError(lines *csv.Reader, err error) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("line %d: %w", parse.Line, parse.Err)
	}
	return fmt.Errorf("reading behind byte %d: %w", lines.InputOffset(), err)
}

// columnsOf returns the place of each column.
func columnsOf(header []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(aliasColumns, name) {
			return nil, fmt.Errorf("line 1: there is no column %q: use %s", cut(name), strings.Join(aliasColumns, ", "))
		}
		if _, ok := columns[name]; ok {
			return nil, fmt.Errorf("line 1: the column %s is there twice", name)
		}
		columns[name] = i
	}
	_, full := columns["short_url"]
	_, alias := columns["alias"]
	if full == alias {
		return nil, errors.New("line 1: there must be a column short_url or a column alias, and not both")
	}
	if _, ok := columns["domain"]; ok && full {
		return nil, errors.New("line 1: a column domain goes with a column alias only")
	}
	return columns, nil
}

// cut shortens a text of the file for a message.
func cut(text string) string {
	if len(text) > 64 {
		return strings.ToValidUTF8(text[:64], "") + "…"
	}
	return text
}

// aliasOf reads one line.
func aliasOf(columns map[string]int, values []string, o AliasOptions) (a Alias, err error) {
	value := func(column string) string {
		if i, ok := columns[column]; ok {
			return strings.TrimSpace(values[i])
		}
		return ""
	}
	for column, i := range columns {
		if len(values[i]) > maxAliasText {
			return a, fmt.Errorf("%s is over %d bytes", column, maxAliasText)
		}
	}
	a = Alias{ShortURL: value("short_url"), URL: value("url"), Title: value("title")}
	if _, ok := columns["alias"]; ok {
		if a.ShortURL, err = shortURLOf(value("domain"), value("alias"), o); err != nil {
			return a, err
		}
	}
	u, err := url.Parse(a.ShortURL)
	if _, alias, ok := address(a.ShortURL); err != nil || !ok || alias == "" || u.Scheme != "http" && u.Scheme != "https" {
		return a, errors.New("short_url must be an address such as https://go.example.com/alias")
	}
	if a.URL != "" {
		if u, err := url.Parse(a.URL); err != nil || u.Scheme == "" || u.Host == "" && u.Opaque == "" {
			return a, errors.New("url must be an address such as https://example.com/page")
		}
	}
	if created := value("created"); created != "" {
		if a.Created, err = time.ParseInLocation(time.DateOnly, created, o.Zone); err != nil {
			if a.Created, err = translate.ParseDateTime(created, o.Zone); err != nil {
				return a, fmt.Errorf("created %w", err)
			}
		}
		a.Created = a.Created.UTC()
	}
	return a, nil
}

func shortURLOf(domain, alias string, o AliasOptions) (string, error) {
	switch {
	case alias == "" || strings.Contains(alias, "/"):
		return "", errors.New("alias must be the last part of a short URL")
	case domain == "" && o.Origin == "":
		return "", errors.New("domain is missing")
	case domain == "":
		domain = o.Origin
	case !strings.Contains(domain, "://"):
		domain = "https://" + domain
	}
	if host := api.HostOf(domain); host == "" || strings.Contains(host, "/") {
		return "", errors.New("domain must be a host such as go.example.com")
	}
	return strings.TrimSuffix(domain, "/") + "/" + url.PathEscape(alias), nil
}

package store

import (
	"context"
	"slices"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// importAtOnce is how many links are written by one job: on SQLite other writes
// wait for it, some hundredths of a second.
const importAtOnce = 512

// replaceAtOnce is importAtOnce for links that are there already, each of which
// takes some statements.
const replaceAtOnce = 32

// ImportLinks writes links of the account, each on its own, and returns what
// became of them, in their order. An error says that none was written.
func (s *Store) ImportLinks(ctx context.Context, account string, imports []shortener.Import) ([]shortener.Imported, error) {
	results := make([]shortener.Imported, 0, len(imports))
	for part := range slices.Chunk(imports, importAtOnce) {
		done, err := s.importPart(ctx, account, part)
		if err == nil {
			results = append(results, done...)
			continue
		}
		if len(results) == 0 {
			return nil, codedError("importing links", err)
		}
		failure := api.AsError(codedError("importing links", err))
		for len(results) < len(imports) {
			results = append(results, shortener.Imported{Err: failure})
		}
		break
	}
	return results, nil
}

// importPart writes what goes into one job, and then what is there already.
func (s *Store) importPart(ctx context.Context, account string, imports []shortener.Import) ([]shortener.Imported, error) {
	links := make([]importedLink, len(imports))
	for i := range imports {
		link, args, err := s.newLink(rounded(account, &imports[i].Link))
		if err != nil {
			return nil, err
		}
		links[i] = importedLink{link: link, args: args, dated: !imports[i].Link.Created.IsZero(), keep: imports[i].Keep}
	}
	var results []shortener.Imported
	var rest []int
	err := s.writer.do(ctx, func(tx *session) (err error) {
		b := importBatch{s: s, tx: tx, links: links, results: make([]shortener.Imported, len(links))}
		results = b.results
		rest, err = b.add()
		return err
	})
	if isUnstorable(err) && len(imports) > 1 {
		return s.importSingly(ctx, account, imports)
	}
	if err != nil {
		return nil, err
	}
	s.importOver(ctx, links, rest, results)
	return results, nil
}

// importSingly is importPart where the text of one cannot be stored: of which,
// only the database knows.
func (s *Store) importSingly(ctx context.Context, account string, imports []shortener.Import) ([]shortener.Imported, error) {
	results := make([]shortener.Imported, len(imports))
	for i := range imports {
		one, err := s.importPart(ctx, account, imports[i:i+1])
		switch {
		case err == nil:
			results[i] = one[0]
		case i == 0 && !isUnstorable(err):
			return nil, err
		default:
			results[i].Err = api.AsError(codedError("importing a link", err))
		}
	}
	return results, nil
}

// importOver writes the links with the numbers over those that are there.
func (s *Store) importOver(ctx context.Context, links []importedLink, numbers []int, results []shortener.Imported) {
	for part := range slices.Chunk(numbers, replaceAtOnce) {
		var done []shortener.Imported
		err := s.writer.do(ctx, func(tx *session) error {
			b := importBatch{s: s, tx: tx, links: links, results: make([]shortener.Imported, len(links))}
			done = b.results
			return b.replaceAll(part)
		})
		for _, i := range part {
			if results[i] = (shortener.Imported{Err: api.AsError(codedError("importing a link", err))}); err == nil {
				results[i] = done[i]
			}
		}
	}
}

// rounded returns the link with its times as they will be read back.
func rounded(account string, l *shortener.Link) *shortener.Link {
	r := *l
	r.Account, r.Kind = account, shortener.KindLink
	for _, t := range []*time.Time{&r.Expires, &r.Created, &r.Updated} {
		if !t.IsZero() {
			*t = t.UTC().Truncate(time.Millisecond)
		}
	}
	return &r
}

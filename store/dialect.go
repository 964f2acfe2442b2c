package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// The drivers that Config names.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// dialect is what one kind of database wants otherwise than another. Sqlite.go
// and postgres.go have one each; everything else is written once.
type dialect struct {
	// driver names it, and the folder of its migrations.
	driver string

	// numbered parameters are written $1, $2 instead of "?".
	numbered bool

	// snapshot is how a transaction sees one state of all tables.
	snapshot sql.IsolationLevel

	// lockRows reports that other transactions write at the same time, so that
	// rows must be locked between reading and writing them.
	lockRows bool

	// clock is an expression of the database's own time, in Unix milliseconds:
	// several processes agree on it, whatever their machines say.
	clock string

	// analyze, before a table's name, has it counted, so that queries are planned
	// for what it has become; empty where plans do not depend on it.
	analyze string

	// beginMigration begins a transaction beside which no other process
	// migrates.
	beginMigration func(ctx context.Context, conn *sql.Conn) error
}

// rebind returns the query with its parameters as the database wants them. A
// "?" in a literal, a quoted name or a comment is left alone.
func (d *dialect) rebind(query string) string {
	if !d.numbered || !strings.Contains(query, "?") {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 16)
	for n := 0; query != ""; {
		i := strings.IndexAny(query, "?'\"-/")
		if i < 0 {
			b.WriteString(query)
			break
		}
		b.WriteString(query[:i])
		query = query[i:]
		if query[0] == '?' {
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
			query = query[1:]
			continue
		}
		length := passage(query)
		b.WriteString(query[:length])
		query = query[length:]
	}
	return b.String()
}

// passage returns the length of the literal, quoted name or comment that the
// query begins with, 1 where it begins with none. A doubled quote ends one
// literal and begins the next, which comes to the same.
func passage(query string) int {
	end := ""
	switch {
	case query[0] == '\'' || query[0] == '"':
		end = query[:1]
	case strings.HasPrefix(query, "--"):
		end = "\n"
	case strings.HasPrefix(query, "/*"):
		end = "*/"
	default:
		return 1
	}
	i := strings.Index(query[1:], end)
	if i < 0 {
		return len(query)
	}
	return 1 + i + len(end)
}

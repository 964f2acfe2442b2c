package store

import "testing"

func TestDialect_Rebind(t *testing.T) {
	tests := []struct{ query, want string }{
		{"SELECT 1", "SELECT 1"},
		{"SELECT ? + ?", "SELECT $1 + $2"},
		{"a LIKE ? ESCAPE '!' AND b = ?", "a LIKE $1 ESCAPE '!' AND b = $2"},
		{"SELECT '?', ?, 'it''s ?', ?", "SELECT '?', $1, 'it''s ?', $2"},
		{`SELECT "?" FROM t WHERE a = ?`, `SELECT "?" FROM t WHERE a = $1`},
		{"SELECT ? -- why?\n, ?", "SELECT $1 -- why?\n, $2"},
		{"SELECT ? /* why? - / */ - ? / ?", "SELECT $1 /* why? - / */ - $2 / $3"},
		{"SELECT ?, '?", "SELECT $1, '?"},
		{"SELECT ? -- ?", "SELECT $1 -- ?"},
		{"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"},
	}
	for _, tt := range tests {
		if got := postgresDialect.rebind(tt.query); got != tt.want {
			t.Errorf("rebind(%q) = %q; want %q", tt.query, got, tt.want)
		}
		if got := sqliteDialect.rebind(tt.query); got != tt.query {
			t.Errorf("SQLite's rebind(%q) = %q; want it as it is", tt.query, got)
		}
	}
}

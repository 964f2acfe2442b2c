//go:build !unix

package postgrestest

import "testing"

// Server is a PostgreSQL server. There is none on this system.
type Server struct{}

func start(tb testing.TB, _ ...string) *Server {
	tb.Helper()
	tb.Skip("a private PostgreSQL is started on Unix systems alone")
	return nil
}

func (s *Server) remove() {}

func (s *Server) dsn(string) string { return "" }

// Start starts the server.
func (s *Server) Start(testing.TB) {}

// Stop ends the server.
func (s *Server) Stop(testing.TB, string) {}

//go:build unix

package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server.
type Server struct {
	programs string
	folder   string
	port     int
	settings []string
	user     *syscall.Credential // nil for one's own

	// process is the running server, nil while it is stopped.
	process *exec.Cmd

	// lifeline is read by the process that clears up behind this one.
	lifeline *os.File
}

// startTimeout is how long a server may take to accept connections.
const startTimeout = 60 * time.Second

func start(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	s := &Server{programs: programs(tb), settings: settings}
	if err := s.install(tb); err != nil {
		s.remove()
		tb.Fatalf("installing the test's PostgreSQL: %v", err)
	}
	s.Start(tb)
	return s
}

// install makes the folder and sees to it that it is removed.
func (s *Server) install(tb testing.TB) (err error) {
	if os.Geteuid() == 0 {
		if s.user, err = unprivileged(); err != nil {
			return err
		}
	}
	// Not the test's folder, which another user cannot reach. The path is short
	// because that of a socket must be.
	if s.folder, err = os.MkdirTemp("", "pgtest"); err != nil {
		return err
	}
	passwords := filepath.Join(s.folder, "password")
	if err := os.WriteFile(passwords, []byte(password), 0o600); err != nil {
		return err
	}
	if s.user != nil {
		for _, path := range []string{s.folder, passwords} {
			if err := os.Chown(path, int(s.user.Uid), int(s.user.Gid)); err != nil {
				return err
			}
		}
	}
	if err := s.watch(tb); err != nil {
		return err
	}
	args := []string{
		"--pgdata=" + s.data(), "--username=linkquay", "--pwfile=" + passwords, "--auth-host=password", "--auth-local=trust",
		"--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions",
	}
	// A language whose order of letters is not that of bytes, where the server
	// can have one.
	if out, err := s.command(tb, "initdb", append(args, "--locale-provider=icu", "--icu-locale=en-US")...).CombinedOutput(); err != nil {
		if again, err := s.command(tb, "initdb", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("initdb: %w: %s%s", err, out, again)
		}
	}
	return nil
}

// watch starts a process that ends the server and removes its folder once this
// process has closed the pipe or is gone.
func (s *Server) watch(tb testing.TB) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	const script = `trap "" INT HUP TERM
cat >/dev/null
if pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null); then
	kill -QUIT "$pid"
	while [ -e "$1/data/postmaster.pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
fi
rm -rf "$1"`
	cmd := s.command(tb, "/bin/sh", "-c", script, "sh", s.folder)
	cmd.Dir = "/"
	cmd.Stdin = r
	err = cmd.Start()
	s.lifeline = w
	return errors.Join(err, r.Close())
}

// remove ends the server and removes its folder.
func (s *Server) remove() {
	if s.lifeline != nil {
		_ = s.lifeline.Close()
	}
	if s.process != nil {
		_ = s.process.Wait() // it was told to quit
		s.process = nil
	}
}

// Start starts the server, on the port that it had before.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	var err error
	if s.port == 0 {
		if s.port, err = freePort(); err != nil {
			tb.Fatal(err)
		}
	}
	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.port), "-k", s.folder}
	settings := []string{
		"listen_addresses=127.0.0.1", "max_connections=300", "shared_buffers=64MB", "fsync=off", "full_page_writes=off",
		"synchronous_commit=on", "log_min_messages=fatal", "autovacuum=off",
	}
	for _, setting := range append(settings, s.settings...) {
		args = append(args, "-c", setting)
	}
	s.process = s.command(tb, "postgres", args...)
	if err := s.process.Start(); err != nil {
		s.process = nil
		tb.Fatalf("starting PostgreSQL: %v", err)
	}
	ctx := context.WithoutCancel(tb.Context())
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgx.Connect(ctx, s.dsn("postgres"))
		if err == nil {
			_ = conn.Close(ctx)
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(s.log())
			tb.Fatalf("PostgreSQL does not accept connections: %v\n%s", err, log)
		}
	}
}

// Stop ends the server in PostgreSQL's mode smart, fast or immediate, and
// returns when it has ended.
func (s *Server) Stop(tb testing.TB, mode string) {
	tb.Helper()
	signals := map[string]os.Signal{"smart": syscall.SIGTERM, "fast": syscall.SIGINT, "immediate": syscall.SIGQUIT}
	if err := s.process.Process.Signal(signals[mode]); err != nil {
		tb.Fatalf("stopping PostgreSQL: %v", err)
	}
	_ = s.process.Wait() // an immediate end is a failure to it
	s.process = nil
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

func (s *Server) log() string { return filepath.Join(s.folder, "log") }

func (s *Server) dsn(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword("linkquay", password), Host: "127.0.0.1:" + strconv.Itoa(s.port),
		Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// command returns a command of the server's user, out of reach of the signals
// of a terminal.
func (s *Server) command(tb testing.TB, name string, args ...string) *exec.Cmd {
	if !strings.Contains(name, "/") {
		name = filepath.Join(s.programs, name)
	}
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), name, args...) //nolint:gosec // The programs are PostgreSQL's.
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.user}
	if name != filepath.Join(s.programs, "initdb") {
		if log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err == nil {
			// The command has its own copy from Start on.
			cmd.Stdout, cmd.Stderr = log, log
		}
	}
	return cmd
}

// unprivileged returns whom the server runs as instead of root, whom it refuses.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("root cannot run PostgreSQL, and there is no user postgres or nobody")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // It ends at once.
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

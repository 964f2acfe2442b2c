package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// startTimeout bounds how long a child may take to answer.
	startTimeout = 30 * time.Second

	// stopTimeout is how long a child may take to end before it is killed.
	stopTimeout = 30 * time.Second
)

// process is a child of the bench that listens on an address.
type process struct {
	name    string
	address string
	pid     int
	stop    func() // ends it and waits for it
	ended   chan struct{}
	log     string
}

// build compiles Caddy with Linkquay into the folder.
func build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "caddy")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/linkquay/linkquay/cmd/caddy")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building: %w\n%s", err, out)
	}
	return binary, nil
}

// startCaddy runs the binary with a Caddyfile on its address, in a folder of
// its own.
func startCaddy(ctx context.Context, binary, dir, name, address, caddyfile string) (*process, error) {
	home := filepath.Join(dir, name)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	config := filepath.Join(home, "Caddyfile")
	if err := os.WriteFile(config, []byte(caddyfile), 0o600); err != nil {
		return nil, err
	}
	p := &process{name: name, address: address}
	cmd := exec.Command(binary, "run", "--config", config, "--adapter", "caddyfile")
	cmd.Dir = home
	// None of the caller's settings and folders take part.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home}
	if err := p.start(ctx, cmd, home); err != nil {
		return nil, err
	}
	if err := p.ready(ctx); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// startUpstream runs the bench's own binary as the upstream.
func startUpstream(ctx context.Context, dir string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{name: upstreamArgument}
	cmd := exec.Command(self, upstreamArgument)
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.start(ctx, cmd, dir); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		p.stop()
		return nil, p.failure(fmt.Errorf("starting: waiting for its address: %w", err))
	}
	p.address = strings.TrimSpace(line)
	return p, nil
}

// start starts the command. It ends, by its id, with stop or the context.
func (p *process) start(ctx context.Context, cmd *exec.Cmd, dir string) error {
	p.log = filepath.Join(dir, p.name+".log")
	log, err := os.Create(p.log)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stderr = log
	cmd.SysProcAttr = childAttributes()
	if err := cmd.Start(); err != nil {
		return err
	}
	p.pid, p.ended = cmd.Process.Pid, make(chan struct{})
	ctx, p.stop = endable(ctx, p.ended)
	go func() {
		defer close(p.ended)
		over := make(chan struct{})
		defer context.AfterFunc(ctx, func() {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			select {
			case <-over:
			case <-time.After(stopTimeout):
				_ = cmd.Process.Kill()
			}
		})()
		_ = cmd.Wait() // its log tells why, to whoever still waits for it
		close(over)
	}()
	return nil
}

// endable returns a context and a function that cancels it and waits.
func endable(ctx context.Context, ended <-chan struct{}) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	return ctx, func() {
		cancel()
		<-ended
	}
}

// ready waits until the process takes connections.
func (p *process) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return p.failure(fmt.Errorf("starting: %w", ctx.Err()))
		case <-p.ended:
			return p.failure(errors.New("it ended while it started"))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// failure is an error with the end of what the process logged.
func (p *process) failure(err error) error {
	f, openErr := os.Open(p.log)
	if openErr != nil {
		return errors.Join(err, openErr)
	}
	defer f.Close()
	log, _ := io.ReadAll(io.LimitReader(f, 4<<10)) // as much as there is
	return fmt.Errorf("%s: %w\n%s", p.name, err, log)
}

// Ports are taken below those that systems give to connections: with thousands
// of those, one would soon have a port that was free a moment ago.
const (
	firstPort = 20_000
	lastPort  = 32_000
)

// freeAddress returns a loopback address on which nothing listens.
func freeAddress(ctx context.Context) (string, error) {
	var err error
	for range 100 {
		var l net.Listener
		port := firstPort + rand.IntN(lastPort-firstPort)
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return l.Addr().String(), l.Close()
		}
	}
	return "", err
}

//go:build unix

package upstream

import (
	"crypto/tls"
	"net"
	"syscall"
	"time"
)

// stale reports whether a kept connection has ended, or has bytes waiting that
// no request asked for. Finding out before a POST is written matters: once it
// is written, nobody knows whether it was carried out.
func stale(conn net.Conn) bool {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	// The deadline of the connection's last exchange may have passed, and it
	// would answer for the socket.
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return true
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return true
	}
	quiet := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true
	})
	return err != nil || !quiet
}
